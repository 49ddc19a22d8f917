/** A buried message replayed on the real Request Tracker, which has no idempotency key of its own, with a kill in the middle. */
import { expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { eventually, runProgram } from '../e2e/program.js';
import { startFaultProxy } from '../fakes/fault-proxy.js';
import { createRig, TEST_MS, WAIT_MS } from './bridge-rig.js';
import { readCredentials } from './request-tracker-fixture.js';

jest.setTimeout(TEST_MS);
const historyShape = z.object({ items: z.array(z.object({ Type: z.string() })) });

it('lands once though the program is killed while it is filed, and its sender is told once', async () => {
  const proxy = await startFaultProxy(readCredentials().url);
  const rig = await createRig({ url: proxy.url });
  try {
    const operators = { TELEGRAM_OPERATORS_CHAT: String(rig.world.addGroup('Operators')) };
    const command = async (...args: readonly string[]): Promise<{ code: number | NodeJS.Signals; output: string }> => {
      const program = runProgram(args, { ...rig.environment, ...operators });
      return { code: await program.ended, output: program.output() };
    };
    const isComment = ({ method, path }: { readonly method: string; readonly path: string }): boolean => method === 'POST' && path.endsWith('/correspond');
    const first = await rig.start(operators);
    const user = rig.newUser('Дана', 'ru');
    rig.world.say(user, 'первое');
    const ticket = await rig.ticketOf(user);
    await rig.answer(user, (message) => (message.text ?? '').includes(`#${ticket}`));
    proxy.decide = (request) => (isComment(request) ? { status: 422, body: '{"message":"no"}' } : 'pass');
    rig.world.say(user, 'второе');
    await first.logged('given up and buried');
    proxy.decide = (request) => {
      if (!isComment(request)) return 'pass';
      first.kill('SIGKILL');
      return 'lose_reply';
    };
    expect(await command('replay', '--all')).toEqual({ code: 1, output: expect.stringContaining('the request is kept') });
    await rig.kill();
    proxy.decide = () => 'pass';
    await (await rig.start(operators)).logged('replayed');
    await rig.answer(user, (message) => /Ваше сообщение передано/.test(message.text ?? ''));
    await eventually(async () => ((await command('buried')).output === 'nothing is buried\n' ? true : undefined), WAIT_MS, 'the entry is forgotten');
    const { items } = historyShape.parse(await rig.root('GET', `/ticket/${ticket}/history?fields=Type&per_page=100`));
    expect(items.filter((item) => item.Type === 'Correspond')).toHaveLength(1);
    expect(rig.answersTo(user).filter((message) => /Ваше сообщение передано/.test(message.text ?? ''))).toHaveLength(1);
    expect(rig.world.chat(Number(operators.TELEGRAM_OPERATORS_CHAT)).messages).toEqual([]);
  } finally {
    await rig.close();
    await proxy.close();
  }
});
