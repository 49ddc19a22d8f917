/** What belongs here: some hundred customers and the agents who answer them, each act drawn from the seed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiMessage, EmulatorWorld, SentFile } from '../../src/demo/emulator/index.js';
import type { DeskAgents, DeskTicket } from './desk-reader.js';
import { answerMark, askMark, fileOf, internalMark, WORDS, type Ledger } from './ledger.js';
import type { Random } from './random.js';

export interface Traffic {
  /** Acts so far, by name. */
  readonly acts: ReadonlyMap<string, number>;
  /** Acts that the desk or the emulator refused for a reason of their own; counted, never silently. */
  readonly failed: ReadonlyMap<string, number>;
  /** Resolves when `signal` has aborted and the last act is over. */
  readonly ended: Promise<void>;
}

interface Stage {
  readonly world: EmulatorWorld;
  readonly agents: DeskAgents;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly customers: readonly number[];
  /** The latest of each. */
  readonly keyboards: Map<number, ApiMessage>;
  readonly answers: Map<number, number>;
  readonly blocked: Set<number>;
  tickets: readonly DeskTicket[];
  asks: number;
  replies: number;
}

const SENTENCES = [
  `Hello, ${WORDS[0]}: the invoice <b>is not</b> right & I cannot pay it.`,
  `Сәлеметсіз бе, ${WORDS[1]}: төлем өтпеді, тексеріп беріңізші. Ещё раз — «не работает».`,
  `你好，${WORDS[2]}：我的账户打不开了，请帮忙。🙂👍🏽`,
] as const;
const LANGUAGES = ['en', 'ru', 'kk', 'en-GB'];
const COMMANDS = ['/start', '/new', '/tickets', '/status', '/close', '/language', '/help', '/unknown'];
const TICKETS_EVERY_MS = 1_500;

/** By weight: about two acts of customers to one of agents. */
const ACTS: readonly (readonly [number, string, (stage: Stage) => unknown])[] = [
  [40, 'text', (stage) => say(stage, customerOf(stage))],
  [7, 'reply', reply],
  [6, 'file from a customer', (stage) => sendFiles(stage, 1)],
  [1, 'album', (stage) => sendFiles(stage, stage.random.between(2, 4))],
  [5, 'command', (stage) => { stage.world.say(customerOf(stage), stage.random.pick(COMMANDS)); }],
  [5, 'button', press],
  [1, 'block', block],
  [1, 'unblock', unblock],
  [20, 'public answer', (stage) => answer(stage, [])],
  [3, 'answer with files', answerWithFiles],
  [5, 'internal comment', comment],
  [4, 'status', setStatus],
  [1, 'merge', merge],
];
const WEIGHTS = ACTS.reduce((sum, [weight]) => sum + weight, 0);

/** `rate`: acts a second, at random moments. */
export function startTraffic(
  given: Pick<Stage, 'world' | 'agents' | 'ledger' | 'random'>, { chats, rate }: { readonly chats: number; readonly rate: number }, signal: AbortSignal,
): Traffic {
  const { world, random } = given;
  const customers = Array.from({ length: chats }, (_, index) => (
    world.addUser({ name: `${random.pick(WORDS)} ${index}`, username: `${WORDS[0]}_${index}`, languageCode: random.pick(LANGUAGES) }).id
  ));
  const stage: Stage = { ...given, customers, keyboards: new Map(), answers: new Map(), blocked: new Set(), tickets: [], asks: 0, replies: 0 };
  watch(stage);
  const acts = new Map<string, number>();
  const failed = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string): void => { counts.set(name, (counts.get(name) ?? 0) + 1); };
  const running = new Set<Promise<void>>();

  const act = async (): Promise<void> => {
    const [, name, perform] = drawAct(random);
    count(acts, name);
    try {
      await perform(stage);
    } catch (thrown) {
      count(failed, `${name}: ${thrown instanceof Error ? thrown.message : 'failed'}`);
    }
  };
  const run = async (): Promise<void> => {
    for (let readAtMs = 0; !signal.aborted;) {
      if (performance.now() - readAtMs > TICKETS_EVERY_MS) {
        readAtMs = performance.now();
        stage.tickets = await given.agents.latest();
      }
      const acting: Promise<void> = act().finally(() => { running.delete(acting); });
      running.add(acting);
      await sleep(-Math.log(1 - random.fraction()) * 1_000 / rate, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(running);
  };
  return { acts, failed, ended: run() };
}

function drawAct(random: Random): (typeof ACTS)[number] {
  let left = random.fraction() * WEIGHTS;
  for (const act of ACTS) {
    left -= act[0];
    if (left < 0) return act;
  }
  return random.pick(ACTS);
}

function watch({ world, keyboards, answers }: Stage): void {
  world.onChange((change) => {
    if (change.type !== 'message' || change.stored.message.from?.is_bot !== true) return;
    const { message } = change.stored;
    if (message.reply_markup !== undefined) keyboards.set(change.chat, message);
    answers.set(change.chat, message.message_id);
  });
}

// ---- customers ----

/** Whoever writes to a bot that they blocked unblocks it. */
function customerOf({ random, customers, blocked }: Stage): number {
  const customer = random.pick(customers);
  blocked.delete(customer);
  return customer;
}

function say(stage: Stage, customer: number, replyTo?: number): void {
  const mark = askMark(stage.asks += 1);
  const { message_id: messageId } = stage.world.say(customer, `${stage.random.pick(SENTENCES)} ${mark}`, replyTo === undefined ? {} : { replyTo });
  stage.ledger.asked.set(mark, { chat: customer, messageId });
}

function reply(stage: Stage): void {
  const customer = customerOf(stage);
  say(stage, customer, stage.answers.get(customer));
}

async function sendFiles(stage: Stage, count: number): Promise<void> {
  const { random, world, ledger } = stage;
  const customer = customerOf(stage);
  const mediaGroup = count === 1 ? {} : { mediaGroup: `album ${stage.asks}` };
  for (let file = 0; file < count; file += 1) {
    const mark = askMark(stage.asks += 1);
    const bytes = createBytes(random);
    const isPhoto = count > 1 || random.chance(0.5);
    const kind: Partial<SentFile> = isPhoto ? {} : { name: `${mark}.pdf`, mediaType: 'application/pdf' };
    const sent = await world.sendFile(customer, { kind: isPhoto ? 'photo' : 'document', bytes, caption: `${random.pick(SENTENCES)} ${mark}`, ...kind, ...mediaGroup });
    ledger.asked.set(mark, { chat: customer, messageId: sent.message_id, fileBytes: bytes.length });
  }
}

function press(stage: Stage): void {
  const usable = [...stage.keyboards].filter(([chat]) => !stage.blocked.has(chat));
  if (usable.length === 0) return;
  const [chat, message] = stage.random.pick(usable);
  const button = stage.random.pick(message.reply_markup?.inline_keyboard.flat() ?? []);
  if (button.callback_data !== undefined) stage.world.press(chat, message.message_id, button.callback_data);
}

function block(stage: Stage): void {
  const customer = stage.random.pick(stage.customers);
  stage.blocked.add(customer);
  stage.ledger.everBlocked.add(customer);
  stage.world.block(customer);
}

function unblock(stage: Stage): void {
  if (stage.blocked.size === 0) return;
  const customer = stage.random.pick([...stage.blocked]);
  stage.blocked.delete(customer);
  stage.world.unblock(customer);
}

// ---- agents ----

function ticketOf(stage: Stage): DeskTicket | undefined {
  const open = stage.tickets.filter((ticket) => ticket.status !== 'closed');
  return open.length === 0 ? undefined : stage.random.pick(open);
}

async function answer(stage: Stage, files: readonly string[], mark = answerMark(stage.replies += 1)): Promise<void> {
  const ticket = ticketOf(stage);
  if (ticket === undefined) return;
  const status = stage.random.chance(0.15) ? { status: stage.random.pick(['pending', 'solved', 'solved', 'closed']) } : {};
  await stage.agents.answer(ticket.id, { visibility: 'public', html: `<p>${escape(stage.random.pick(SENTENCES))} <b>${mark}</b></p>`, files, ...status });
}

async function answerWithFiles(stage: Stage): Promise<void> {
  const { random, agents } = stage;
  const mark = answerMark(stage.replies += 1);
  const count = random.chance(0.7) ? 1 : random.between(2, 3);
  const isPhoto = count === 1 && random.chance(0.5);
  const files: string[] = [];
  for (let index = 1; index <= count; index += 1) {
    files.push(isPhoto ? await agents.upload(fileOf(mark, index, 'png'), 'image/png', createPicture(random)) : await agents.upload(fileOf(mark, index, 'pdf'), 'application/pdf', createBytes(random)));
  }
  await answer(stage, files, mark);
}

async function comment(stage: Stage): Promise<void> {
  const ticket = ticketOf(stage);
  const mark = internalMark(stage.replies += 1);
  if (ticket !== undefined) await stage.agents.answer(ticket.id, { visibility: 'internal', html: `<p>${escape(stage.random.pick(SENTENCES))} ${mark}</p>` });
}

async function setStatus(stage: Stage): Promise<void> {
  const ticket = ticketOf(stage);
  if (ticket !== undefined) await stage.agents.setStatus(ticket.id, stage.random.pick(['open', 'pending', 'solved', 'solved', 'closed']));
}

/** Two tickets of the same customer. */
async function merge(stage: Stage): Promise<void> {
  const first = ticketOf(stage);
  const others = stage.tickets.filter((ticket) => ticket.id !== first?.id && ticket.conversation === first?.conversation && ticket.status !== 'closed');
  if (first !== undefined && others.length > 0) await stage.agents.merge(first.id, stage.random.pick(others).id);
}

// ---- files ----

const MEGABYTE = 2 ** 20;
const SMALL_BYTES = { from: 500, to: 60_000 };
/** All files of customers share these bytes: what the emulator keeps of them costs nothing. */
const FILLER = Buffer.alloc(6 * MEGABYTE, 'deskbridge soak ');

function createBytes(random: Random): Buffer {
  const length = random.chance(0.03) ? random.between(MEGABYTE, FILLER.length) : random.between(SMALL_BYTES.from, SMALL_BYTES.to);
  return FILLER.subarray(0, length);
}

/** As much of a PNG as anybody looks at: its signature and its size. */
function createPicture(random: Random): Buffer {
  const head = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(8), Buffer.from('0806000000', 'hex')]);
  head.writeUInt32BE(640, 16);
  head.writeUInt32BE(480, 20);
  return Buffer.concat([head, createBytes(random)]);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
