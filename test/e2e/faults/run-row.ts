/** Plays one row of the table of faults, and counts what came of it. */
import { eventually } from '../program.js';
import { BOT_TOKEN, cleanUp, DESK_TOKEN, findAtRest, type Cleanup } from '../setup.js';
import { addCounts, countOne, type Count } from './count.js';
import type { HelpdeskSide } from './helpdesks.js';
import { MARK, questionsIn, type Customer, type Plan } from './load.js';
import type { Random } from './random.js';
import { createScene, type Environment, type IntakeMode, type Scene } from './scene.js';

export interface Row {
  readonly name: string;
  /** Where it runs besides `npm run test:faults`: the desk's rows in `npm test`, Request Tracker's in `npm run test:servers`. */
  readonly inTests?: readonly HelpdeskSide['name'][];
  readonly mode?: IntakeMode;
  /** Absent = every helpdesk. */
  readonly only?: HelpdeskSide['name'] | 'intents';
  /** The desk is the one inside the program. */
  readonly withOwnDesk?: boolean;
  readonly plan?: Partial<Plan>;
  /** Answers come as thick as the helpdesk bears, so that a certain one of them is soon met. */
  readonly manyAnswers?: boolean;
  readonly environment?: Environment;
  readonly placeOf?: (folder: string, cleanups: Cleanup[]) => Promise<string>;
  /** A repeat toward Telegram is explained also by a reply of Telegram's that was lost on purpose. */
  readonly losesTelegramReplies?: boolean;
  /** From the end of the fault until everything was delivered, on the desk. */
  readonly secondsMax?: number;
  /** Why the row cannot run on this machine. */
  readonly obstacle?: () => string | undefined;
  /** Called under load; resolves at the end of the fault. */
  fault(scene: Scene): Promise<void>;
  /** What else must hold in the end; throws. */
  check?(scene: Scene): Promise<void> | void;
}

export interface Result {
  readonly name: string;
  readonly helpdesk: string;
  readonly mode: IntakeMode;
  readonly messages: number;
  readonly toHelpdesk: Count;
  readonly answers: number;
  readonly toTelegram: Count;
  readonly kills: number;
  /** Sends of which the program could not know that Telegram had taken them. */
  readonly inFlight: number;
  /** From the end of the fault until everything was delivered; null = never. */
  readonly seconds: number | null;
  /** What breaks a bound; empty = fine. */
  readonly broken: readonly string[];
}

const PLANS: Readonly<Record<HelpdeskSide['name'], Plan>> = {
  desk: { chats: 20, messagesPerSecond: 40, answersPerSecond: 6, longEvery: 7 },
  'request-tracker': { chats: 6, messagesPerSecond: 2, answersPerSecond: 0.7, longEvery: 4 },
};
const MANY_ANSWERS_PER_SECOND = { desk: 9, 'request-tracker': 2 } as const;
/** How long everybody's first ticket may take. */
const WARM_MS = 60_000;
const DELIVERED_MS = { desk: 120_000, 'request-tracker': 300_000 } as const;
/** On Request Tracker a write that a kill interrupted waits until it can no longer land, and the server itself is the brake. */
const SECONDS_MAX = { desk: 60, 'request-tracker': 240 } as const;
/** Sweeps and late requests that could still double something. */
const QUIET_MS = 2_500;

export async function runRow(row: Row, side: HelpdeskSide, random: Random): Promise<Result> {
  const cleanups: Cleanup[] = [];
  try {
    const { placeOf } = row;
    const many = row.manyAnswers === true ? { answersPerSecond: MANY_ANSWERS_PER_SECOND[side.name] } : {};
    const scene = await createScene({
      side, plan: { ...PLANS[side.name], ...many, ...row.plan }, mode: row.mode ?? 'polling', random, cleanups,
      ...(placeOf && { placeOf: (folder: string) => placeOf(folder, cleanups) }), ...(row.environment && { environment: row.environment }),
    });
    return await play(row, scene);
  } finally {
    await cleanUp(cleanups);
  }
}

async function play(row: Row, scene: Scene): Promise<Result> {
  const { load } = scene;
  await scene.start();
  await warmUp(scene);
  load.start();
  await row.fault(scene);
  const overMs = performance.now();
  await load.stop();
  let seconds: number | null = null;
  const late = await delivered(scene).then(() => { seconds = (performance.now() - overMs) / 1000; }, String);
  await scene.sleep(QUIET_MS);
  const result = await resultOf(row, scene, seconds);
  const broken = [...result.broken, ...(late === undefined ? [] : [late]), ...await troublesOf(row, scene)];
  return { ...result, broken };
}

/** Every second customer has a ticket before the fault; the others open theirs in it. */
async function warmUp(scene: Scene): Promise<void> {
  const early = scene.load.customers.filter((_, index) => index % 2 === 0);
  for (const customer of early) scene.load.say(customer);
  await eventually(() => (early.every((customer) => scene.load.receipts(customer) > 0) ? true : undefined), WARM_MS, 'everybody has a first ticket');
}

async function delivered({ load, world, side }: Scene): Promise<void> {
  const has = (customer: Customer): boolean => {
    const received = new Set(load.received(customer));
    return customer.answered.every((word) => received.has(word)) && (customer.sent.length === 0 || load.receipts(customer) > 0);
  };
  await eventually(() => (world.pendingUpdates() === 0 && load.customers.every(has) ? true : undefined), DELIVERED_MS[side.name], 'everything is delivered');
}

async function resultOf(row: Row, scene: Scene, seconds: number | null): Promise<Result> {
  const { load, side, kills } = scene;
  const toHelpdesk: Count[] = [];
  const toTelegram: Count[] = [];
  const broken: string[] = [];
  for (const customer of load.customers) {
    const comments = await side.commentsOf(customer.user);
    const tickets = await side.ticketsOf(customer.user);
    if (tickets.length > 1) broken.push(`${tickets.length} tickets for chat ${customer.user}`);
    toHelpdesk.push(countOne(customer.sent, comments.flatMap(questionsIn)));
    const ofAnswers = countOne(customer.answered, load.received(customer));
    const receipts = load.receipts(customer);
    const ofReceipts = { lost: receipts === 0 && customer.sent.length > 0 ? 1 : 0, doubled: Math.max(0, receipts - 1), reordered: 0 };
    if (ofReceipts.lost > 0) broken.push(`no receipt in chat ${customer.user}`);
    toTelegram.push(ofAnswers, ofReceipts);
    if (kills > 0 && ofAnswers.doubled + Math.max(0, receipts - 1) > kills) broken.push(`more than one repeat for each kill in chat ${customer.user}`);
  }
  const [up, down] = [addCounts(toHelpdesk), addCounts(toTelegram)];
  const inFlight = scene.inFlightAtKills + (row.losesTelegramReplies === true ? scene.telegram.counts.repliesLost : 0);
  for (const [what, count] of Object.entries(up)) if (count > 0) broken.push(`toward the helpdesk: ${String(count)} ${what}`);
  if (down.lost > 0) broken.push(`toward Telegram: ${down.lost} lost`);
  if (down.reordered > 0) broken.push(`toward Telegram: ${down.reordered} reordered`);
  if (down.doubled > inFlight) broken.push(`toward Telegram: ${down.doubled} repeated, ${inFlight} explained`);
  // Telegram answers in time in every row: then one send is on its way at a time, whatever the chat.
  if (scene.inFlightAtKills > kills) broken.push(`toward Telegram: ${scene.inFlightAtKills} sends in flight at ${kills} kills`);
  if (row.losesTelegramReplies !== true && down.doubled > kills) broken.push(`toward Telegram: ${down.doubled} repeated at ${kills} kills`);
  const secondsMax = side.name === 'desk' && row.secondsMax !== undefined ? row.secondsMax : SECONDS_MAX[side.name];
  if (seconds !== null && seconds > secondsMax) broken.push(`recovery took ${seconds.toFixed(1)} s, more than ${secondsMax} s`);
  return {
    name: row.name, helpdesk: side.name, mode: row.mode ?? 'polling', kills, inFlight, seconds, broken,
    messages: load.customers.reduce((sum, customer) => sum + customer.sent.length, 0), toHelpdesk: up,
    answers: load.customers.reduce((sum, customer) => sum + customer.answered.length, 0), toTelegram: down,
  };
}

async function troublesOf(row: Row, scene: Scene): Promise<readonly string[]> {
  const words = [MARK, 'mark_1_user', 'ответ', BOT_TOKEN, scene.side.botToken, BOT_TOKEN.split(':')[1] ?? '', DESK_TOKEN];
  const strays = await findAtRest(scene.folder, scene.programs.map((program) => program.output()), words);
  const troubles = strays.map((stray) => `at rest or printed: ${stray}`);
  try {
    await row.check?.(scene);
  } catch (thrown) {
    troubles.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return troubles;
}
