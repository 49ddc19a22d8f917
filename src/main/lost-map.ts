/** A new map beside old tickets: somebody should know before customers get new tickets. */
import type { Emit, HelpdeskConnector } from '../core/ports.js';
import { createOrigins } from '../telegram/origins.js';

/** Looks at the oldest tickets of the helpdesk, once, when the map is new. Never throws: whether the helpdesk answers is told elsewhere. */
export async function warnOfLostMap(connector: HelpdeskConnector, bot: string, emit: Emit): Promise<void> {
  const page = await connector.listTickets?.().catch(() => undefined);
  const { chatOf } = createOrigins(bot);
  const ticket = page?.tickets.find(({ conversation }) => conversation !== undefined && chatOf(conversation) !== undefined);
  if (ticket === undefined) return;
  emit({
    type: 'log', level: 'warn', facts: { number: ticket.number },
    message: 'the id map is new, but the helpdesk has tickets of this bot: their customers will get new ones. If the map was lost, stop, move it away and run rebuild',
  });
}
