/** Rows: kill -9, at random moments and at each step that has a name. */
import { eventually } from '../program.js';
import { fromBot } from '../setup.js';
import type { Row } from './run-row.js';
import type { Scene } from './scene.js';

const KILLS = 5;
const PAUSED_MS = 90_000;

/** Starts again at once, as a supervisor does. */
async function killAtRandom(scene: Scene): Promise<void> {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await scene.sleep(scene.random(300, 1_800));
    await scene.kill();
    await scene.start();
  }
}

/** The program stops itself at the step, dead to the world, and is killed there; so often, at another occurrence each time. */
function killAtStep(step: string, rounds: number, occurrencesMax: number, prepare?: (scene: Scene, round: number) => void) {
  return async (scene: Scene): Promise<void> => {
    await scene.kill();
    for (let round = 0; round < rounds; round += 1) {
      const program = scene.spawn({ DESKBRIDGE_PAUSE_AT: `${step}:${scene.random(1, occurrencesMax)}` });
      prepare?.(scene, round);
      await eventually(() => (program.output().includes(`paused at ${step}\n`) ? true : undefined), PAUSED_MS, `the program pauses at ${step}`);
      await scene.kill();
    }
    await scene.start();
  };
}

/** Text of a message that the helpdesk refuses for good. */
const POISON = 'қате';

/** One message that the helpdesk refuses is written in each round; it is no part of what must arrive. */
function poison(scene: Scene, round: number): void {
  const { helpdesk, load, world, side } = scene;
  helpdesk.decide = (request) => (side.isWrite(request) && request.body.includes(POISON)
    ? { status: 400, body: '{"error":"refused"}', headers: { 'content-type': 'application/json' } } : 'pass');
  const customer = load.customers[round * 2];
  if (customer !== undefined) world.say(customer.user, POISON);
}

const isNotFiled = (text: string | undefined): boolean => text?.includes('could not be passed on') === true;

/** Each poisoned customer was told: once, or once more for each kill that came between the telling and the acknowledgement. */
function toldOfBuried(rounds: number) {
  return ({ load, world, kills }: Scene): void => {
    for (let round = 0; round < rounds; round += 1) {
      const customer = load.customers[round * 2];
      const told = customer === undefined ? 0 : fromBot(world, customer.user).filter((message) => isNotFiled(message.text)).length;
      if (told < 1 || told > 1 + kills) throw new Error(`the customer of a buried message was told ${told} times`);
    }
  };
}

interface Step {
  readonly step: string;
  readonly says: string;
  readonly inTests?: Row['inTests'];
  readonly only?: Row['only'];
}

const STEPS: readonly Step[] = [
  { step: 'before-intent', says: 'before the intent', only: 'intents' },
  { step: 'before-write', says: 'after the intent, before the write' },
  { step: 'after-write', says: 'after the write, before the link', inTests: ['request-tracker'] },
  { step: 'after-link', says: 'after the link, before the acknowledgement' },
  { step: 'after-send', says: 'after a Telegram send, before its link', inTests: ['desk'] },
  { step: 'after-part-link', says: 'after the link of a part' },
  { step: 'mid-answer', says: 'in the middle of an answer of three parts' },
  { step: 'before-sweep-save', says: 'before the sweep\'s place is saved' },
  { step: 'after-sweep-save', says: 'after the sweep\'s place is saved' },
];

const ROUNDS = 3;
const isSweepSave = (step: string): boolean => step.endsWith('sweep-save');
/** The sweep's place is saved when all that it found is answered, which is not often under load. */
const occurrencesMax = (step: string): number => (isSweepSave(step) ? 2 : step === 'mid-answer' ? 3 : 12);

export const KILL_ROWS: readonly Row[] = [
  { name: 'kill -9 at random moments', inTests: ['desk', 'request-tracker'], fault: killAtRandom },
  { name: 'kill -9 at random moments', mode: 'webhook', fault: killAtRandom },
  { name: 'kill -9 of the bridge together with its own desk', only: 'desk', withOwnDesk: true, fault: killAtRandom },
  ...STEPS.map(({ step, says, inTests, only }): Row => (
    {
      name: `kill -9 ${says}`, ...(only && { only }), ...(inTests && { inTests }), manyAnswers: !isSweepSave(step), plan: { longEvery: 3 },
      fault: killAtStep(step, ROUNDS, occurrencesMax(step)),
    })),
  ...(['before-bury', 'after-bury'] as const).map((step): Row => ({
    name: `kill -9 ${step === 'before-bury' ? 'before' : 'after'} a message is buried`, manyAnswers: true, fault: killAtStep(step, ROUNDS, 1, poison), check: toldOfBuried(ROUNDS),
  })),
];
