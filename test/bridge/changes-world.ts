/** An answer in the chat, for what agents do to it afterwards. */
import { BridgeError, type BridgeErrorCode, type DeliveryReason } from '../../src/core/errors.js';
import type { CommentId, TicketId } from '../../src/core/types.js';
import { messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

export async function withAnswer(text: string, world = createWorld()): Promise<{ world: World; ticket: TicketId; answer: CommentId }> {
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.onlyTicket();
  const answer = world.helpdesk.agentSays(ticket, text);
  await world.ring(ticket);
  await world.clock.advance(1_000);
  return { world, ticket, answer };
}

/** What the requester sees of answers. */
export const shown = (world: World): readonly string[] => world.telegram.shown.filter((one) => one.kind === 'part').map((one) => one.text);
export const verdicts = (world: World): readonly string[] => world.helpdesk.comments().filter((one) => one.visibility === 'internal' && one.origin === 'bridge').map((one) => one.content.text.text);

/** What Telegram says to a change. */
export function error(code: BridgeErrorCode, more: { reason?: DeliveryReason; effect?: 'unknown' } = {}): BridgeError {
  return new BridgeError({ code, operation: 'editPart', message: 'no', ...more });
}
