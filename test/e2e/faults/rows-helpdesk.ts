/** Rows: trouble of the helpdesk. */
import type { Mode, ProxiedRequest } from '../../fakes/fault-proxy.js';
import type { Row } from './run-row.js';
import type { Scene } from './scene.js';

type Decide = (request: ProxiedRequest) => Mode;

const HTML: Mode = { status: 200, body: '<!doctype html><html><body><h1>Maintenance</h1></body></html>', headers: { 'content-type': 'text/html; charset=utf-8' } };

/** For so long the helpdesk misbehaves; then it is well at once. */
function during(ms: number, decide: (scene: Scene) => Decide) {
  return async (scene: Scene): Promise<void> => {
    const { counts } = scene.helpdesk;
    const before = { ...counts };
    await scene.sleep(500);
    scene.helpdesk.decide = decide(scene);
    await scene.sleep(ms);
    scene.helpdesk.decide = () => 'pass';
    const met = counts.refused + counts.answered + counts.repliesLost + counts.hung - before.refused - before.answered - before.repliesLost - before.hung;
    if (met === 0 && counts.passed === before.passed) throw new Error('the fault met no request');
  };
}

const always = (mode: Mode) => () => (): Mode => mode;
/** So many of a hundred requests. */
const some = (percent: number, mode: Mode) => ({ random }: Scene) => (): Mode => (random(1, 100) <= percent ? mode : 'pass');
const someWrites = (percent: number, mode: Mode) => ({ random, side }: Scene) => (request: ProxiedRequest): Mode => (
  side.isWrite(request) && random(1, 100) <= percent ? mode : 'pass');

const SHORT_MS = 6_000;
const LONG_MS = 12_000;

export const HELPDESK_ROWS: readonly Row[] = [
  { name: 'helpdesk down', inTests: ['desk', 'request-tracker'], secondsMax: 15, fault: during(SHORT_MS, always('refuse')) },
  { name: 'helpdesk down, and kill -9 in it', async fault(scene) {
    scene.helpdesk.decide = () => 'refuse';
    await scene.sleep(SHORT_MS / 2);
    await scene.kill();
    scene.spawn();
    await scene.sleep(SHORT_MS / 2);
    scene.helpdesk.decide = () => 'pass';
    await scene.current().logged('started');
  } },
  { name: 'helpdesk slow: 3 s for each answer', fault: during(LONG_MS, always({ delayMs: 3_000 })) },
  { name: 'helpdesk silent: no answer at all', fault: during(LONG_MS, always('hang')) },
  { name: 'helpdesk answers 500', secondsMax: 15, fault: during(LONG_MS, always({ status: 500 })) },
  { name: 'a gateway answers 502 to a third of all requests', fault: during(LONG_MS, some(33, { status: 502 })) },
  { name: 'helpdesk answers 429, Retry-After 3 s', secondsMax: 15,
    fault: during(LONG_MS, always({ status: 429, body: '{"error":"slow_down"}', headers: { 'content-type': 'application/json', 'retry-after': '3' } })) },
  { name: 'HTML instead of JSON, with 200', secondsMax: 15, fault: during(LONG_MS, always(HTML)) },
  { name: 'a quarter of all answers torn in the middle', fault: during(LONG_MS, some(25, 'tear_reply')) },
  { name: 'a quarter of all connections reset before the work', fault: during(LONG_MS, some(25, 'refuse')) },
  { name: 'a quarter of all writes done, and their answers lost', inTests: ['request-tracker'], fault: during(SHORT_MS, someWrites(25, 'lose_reply')) },
  { name: 'answers to writes lost, and kill -9 in it', async fault(scene) {
    scene.helpdesk.decide = someWrites(25, 'lose_reply')(scene);
    for (let kill = 0; kill < 3; kill += 1) {
      await scene.sleep(scene.random(1_000, 3_000));
      await scene.kill();
      await scene.start();
    }
    await scene.sleep(2_000);
    scene.helpdesk.decide = () => 'pass';
  } },
];

/** The promise of quick recovery: 40 s away, 50 messages in a second all the time, also after the return. */
async function outage(scene: Scene): Promise<void> {
  await scene.sleep(3_000);
  scene.helpdesk.decide = () => 'refuse';
  await scene.sleep(40_000);
  scene.helpdesk.decide = () => 'pass';
}

export const OUTAGE_ROWS: readonly Row[] = (['polling', 'webhook'] as const).map((mode): Row => ({
  name: 'helpdesk down for 40 s under 50 messages/s', only: 'desk', mode, secondsMax: 15,
  plan: { chats: 100, messagesPerSecond: 50, answersPerSecond: 5, longEvery: 0 }, fault: outage,
}));
