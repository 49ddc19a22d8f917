/** Rows: trouble of Telegram. */
import type { Mode, ProxiedRequest } from '../../fakes/fault-proxy.js';
import type { Row } from './run-row.js';
import type { Scene } from './scene.js';

const isSend = ({ path }: ProxiedRequest): boolean => /\/send[A-Z]\w+$/.test(path);
const isPoll = ({ path }: ProxiedRequest): boolean => /\/getUpdates$/.test(path);

function during(ms: number, decide: (scene: Scene) => (request: ProxiedRequest) => Mode) {
  return async (scene: Scene): Promise<void> => {
    await scene.sleep(500);
    scene.telegram.decide = decide(scene);
    await scene.sleep(ms);
    scene.telegram.decide = () => 'pass';
    const { refused, answered, repliesLost, hung } = scene.telegram.counts;
    if (refused + answered + repliesLost + hung === 0) throw new Error('the fault met no request');
  };
}

const tooMany = (seconds: number): Mode => ({
  status: 429, headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ ok: false, error_code: 429, description: `Too Many Requests: retry after ${seconds}`, parameters: { retry_after: seconds } }),
});
const some = (percent: number, mode: Mode, which: (request: ProxiedRequest) => boolean = () => true) => ({ random }: Scene) => (request: ProxiedRequest): Mode => (
  which(request) && random(1, 100) <= percent ? mode : 'pass');

const FAULT_MS = 8_000;

/** The poll under way meets the fault, and stays without an answer until the client gives up: longer than a poll may take. */
const POLL_GIVEN_UP_SECONDS = 75;

export const TELEGRAM_ROWS: readonly Row[] = [
  { name: 'Telegram: 429 for half of all sends, retry_after 1 s', inTests: ['desk'], fault: during(5_000, some(50, tooMany(1), isSend)) },
  { name: 'Telegram: 429 for every send, retry_after 20 s', fault: during(FAULT_MS, some(100, tooMany(20), isSend)) },
  { name: 'Telegram: 429, and kill -9 in it', async fault(scene) {
    scene.telegram.decide = some(50, tooMany(2), isSend)(scene);
    for (let kill = 0; kill < 3; kill += 1) {
      await scene.sleep(scene.random(1_000, 3_000));
      await scene.kill();
      await scene.start();
    }
    scene.telegram.decide = () => 'pass';
  } },
  { name: 'Telegram answers 502', fault: during(FAULT_MS, some(100, { status: 502, body: '<html>Bad Gateway</html>' })) },
  { name: 'Telegram: half of all connections reset before the work', fault: during(FAULT_MS, some(50, 'refuse')) },
  { name: 'Telegram: a fifth of all sends done, and their answers lost', losesTelegramReplies: true, manyAnswers: true, fault: during(FAULT_MS, some(20, 'lose_reply', isSend)) },
  { name: 'Telegram: getUpdates hangs', secondsMax: POLL_GIVEN_UP_SECONDS, fault: during(FAULT_MS, some(100, 'hang', isPoll)) },
];
