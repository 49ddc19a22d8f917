/** An answer on its way, through the built program: the customer sees that somebody writes, and the agent that it arrived. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EmulatorWorld } from '../../src/demo/emulator/index.js';
import { eventually } from './program.js';
import { botSays, cleanUp, findAtRest, fromBot, SOON_MS, startProduct, ticketWith, type Agent, type Cleanup, type Running } from './setup.js';

jest.setTimeout(90_000);
const cleanups: Cleanup[] = [];
let world: EmulatorWorld;
let agent: Agent;
let folder: string;
let running: Running;
/** Chats in which somebody was seen to write, once for each time. */
const typed: number[] = [];

beforeAll(async () => {
  // No sweep comes while a test looks on.
  ({ world, folder, running, agent } = await startProduct(cleanups, { SWEEP_SECONDS: '3600' }));
  world.onChange((change) => { if (change.type === 'action' && change.action === 'typing') typed.push(change.chat); });
});
afterAll(() => cleanUp(cleanups));

async function opened(name: string): Promise<{ readonly user: number; readonly ticket: string }> {
  const user = world.addUser({ name, languageCode: 'en' }).id;
  world.say(user, `Question of ${name}`);
  return { user, ticket: (await ticketWith(agent, `Question of ${name}`)).id };
}

/** How often tickets were read. */
async function reads(): Promise<number> {
  const metrics = await (await fetch(`${running.url}/metrics`)).text();
  const counts = [...metrics.matchAll(/^deskbridge_request_duration_seconds_count\{[^}]*operation="commentsAfter"[^}]*\} (\d+)$/gmu)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('an answer on its way', () => {
  it('shows its customer alone that somebody writes, and reads nothing from the helpdesk for that', async () => {
    const [ann, bo] = [await opened('Ann'), await opened('Bo')];
    const before = await reads();
    await agent.type(ann.ticket, 'public');
    await eventually(() => (typed.includes(ann.user) ? true : undefined), SOON_MS, 'Ann sees that somebody writes');
    // Goes on by itself for as long as the agent does not stop.
    await eventually(() => (typed.length >= 2 ? true : undefined), SOON_MS, 'it is kept alive');
    await agent.answer(ann.ticket, '<p>Here it is.</p>');
    await botSays(world, ann.user, 'Here it is.');
    expect(typed).not.toContain(bo.user);
    await agent.type(bo.ticket, 'internal');
    await agent.answer(bo.ticket, '<p>Only for us.</p>', { visibility: 'internal' });
    await agent.answer(bo.ticket, '<p>For you.</p>');
    await botSays(world, bo.user, 'For you.');
    expect(typed).not.toContain(bo.user);
    const more = await reads() - before;
    expect(more).toBeGreaterThan(0);
    expect(more).toBeLessThanOrEqual(3); // one for each answer and the internal comment
  });

  it('shows its agent when it arrived, one that waits does not, and nothing but ids is at rest', async () => {
    const { user, ticket } = await opened('Cy');
    const { id, createdAtMs } = await agent.answer(ticket, '<p>Parcel 93 is here.</p>');
    const comment = await eventually(async () => (await agent.comments(ticket)).find((one) => one.id === id && one.deliveredAtMs !== undefined), SOON_MS, 'the mark that it arrived');
    expect(comment.deliveredAtMs).toBeGreaterThanOrEqual(createdAtMs);
    expect(fromBot(world, user).some(({ text }) => text?.includes('Parcel 93'))).toBe(true);
    world.block(user);
    const waiting = await agent.answer(ticket, '<p>Are you there 93?</p>');
    await eventually(async () => (await agent.comments(ticket)).find(({ visibility }) => visibility === 'internal'), SOON_MS, 'the agent is told');
    const held = (await agent.comments(ticket)).find((one) => one.id === waiting.id);
    expect(held?.deliveredAtMs).toBeUndefined();
    world.unblock(user);
    await eventually(async () => (await agent.comments(ticket)).find((one) => one.id === waiting.id && one.deliveredAtMs !== undefined), SOON_MS, 'it arrived after all');
    expect(await findAtRest(folder, [running.program.output()], ['Parcel 93', 'Are you there 93'])).toEqual([]);
  });
});
