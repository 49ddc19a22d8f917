/** What belongs here: the endpoints around an answer on its way: an agent writes it; it arrived. */
import type { Router } from 'express';
import { onlyBridge, pathId, read, route, type Context } from './answers.js';
import { markDelivered } from './delivered.js';
import { getTicketRow, refuse } from './desk.js';
import { deliveredInput, typingInput } from './inputs.js';
import type { Live } from './live.js';
import type { TypingBell } from './typing.js';

export function addDeliveryRoutes(api: Router, context: Context, live: Live): void {
  const { desk } = context;
  api.post('/tickets/:id/comments/:comment/delivered', route(context, async (request, principal) => {
    onlyBridge(principal);
    const comment = String(request.params['comment']);
    const ticket = markDelivered(desk, pathId(request), comment, read(deliveredInput, request.body).atMs);
    await desk.store.settled();
    live.tell(ticket);
    return { json: { comment: { id: comment } } };
  }));
}

export function addTypingRoute(api: Router, context: Context, tell: TypingBell['tell']): void {
  api.post('/tickets/:id/typing', route(context, (request, principal) => {
    if (principal.kind !== 'agent') throw refuse('forbidden', 'tellTyping', 'only an agent writes answers');
    const { visibility, typing } = read(typingInput, request.body);
    const ticket = getTicketRow(context.desk, pathId(request));
    // An end is told in any case: who goes on to an internal comment, or closed the ticket meanwhile, has stopped.
    const isSeen = visibility === 'public' && ticket.status !== 'closed';
    if (isSeen || !typing) tell(ticket.id, typing);
    return {};
  }));
}
