/** A message that was buried and changed meanwhile, and what its ticket says when it is replayed. */
import type { BuriedEntry } from '../../src/core/ports.js';
import { conversationId, editEvent, messageEvent } from '../fakes/telegram.js';
import { createDesk, HOUR_MS, refusal, withBuried, type Desk } from './replay-world.js';

export const CHAT = conversationId(7);
export const SETTLED_MS = 1_000;

/** Message 2 was buried; its sender changed it to `b`, then to `c`, and neither change has come. */
export async function withChanged(desk = createDesk()): Promise<{ readonly desk: Desk; readonly entry: BuriedEntry; readonly changedAtMs: number }> {
  const { entry, event } = await withBuried(desk);
  const changedAtMs = desk.world.clock.nowMs();
  desk.past.set(event.message, { ...event, content: messageEvent(7, 2, 'c').content });
  await desk.world.clock.advance(HOUR_MS);
  return { desk, entry, changedAtMs };
}

/** Message 2 is filed as `a`; a change of it was refused for good, an hour ago. */
export async function withRefusedChange(): Promise<{ readonly desk: Desk; readonly entry: BuriedEntry; readonly changedAtMs: number }> {
  const desk = createDesk();
  const { world } = desk;
  await world.receive(messageEvent(7, 1, 'hello'), messageEvent(7, 2, 'a'));
  const changedAtMs = world.clock.nowMs();
  world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
  await edit(desk, 10, 'poison', changedAtMs);
  await world.clock.advance(HOUR_MS);
  const [entry] = await world.idMap.buried();
  return { desk, entry: entry as BuriedEntry, changedAtMs };
}

export async function edit({ world }: Desk, revision: number, text: string, sentAtMs: number): Promise<void> {
  await world.receive(editEvent(7, 2, revision, text, { sentAtMs }));
  await world.clock.advance(SETTLED_MS);
}

/** What the ticket says of message 2, without the line that it comes late. */
export const said = ({ world }: Desk): readonly string[] => world.stored().slice(1).map((text) => text.replace(/^message\.filedLate.*\n/u, ''));
