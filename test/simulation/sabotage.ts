/** Each safeguard switched off in turn. The simulation is worth something only if it catches every one of these. */
import type { GivenPorts } from '../../src/bridge/ports.js';
import { ALONE_MS } from '../../src/bridge/to-telegram/sending.js';
import type { ConversationChange } from '../../src/core/conversation.js';
import { BridgeError } from '../../src/core/errors.js';
import { mintId, type Comment, type CommentId } from '../../src/core/types.js';
import type { Sealed, Sealer } from '../../src/core/seal.js';
import type { ConversationSession, HelpdeskConnector, SendOptions } from '../../src/core/ports.js';
import type { Sabotage } from './world.js';

function withSession(change: (session: ConversationSession) => ConversationSession): Sabotage {
  return {
    ports: (ports: GivenPorts): GivenPorts => ({
      ...ports,
      idMap: { ...ports.idMap, withConversation: (conversation, work) => ports.idMap.withConversation(conversation, (session) => work(change(session))) },
    }),
  };
}

/** Keeps the getter of the state alive, which a spread would freeze. */
function derive(session: ConversationSession, changed: Partial<ConversationSession>): ConversationSession {
  return Object.assign(Object.create(session) as ConversationSession, changed);
}

function withComments(change: (comments: readonly Comment[]) => readonly Comment[]): Sabotage {
  return { connector: (connector) => ({ ...connector, commentsAfter: async (ticket, cursor) => change(await connector.commentsAfter(ticket, cursor)) }) };
}

function withCapabilities(changed: Partial<HelpdeskConnector['capabilities']>): Sabotage {
  return { connector: (connector) => ({ ...connector, capabilities: { ...connector.capabilities, ...changed } }) };
}

function stillOpen({ album, ...change }: ConversationChange): ConversationChange {
  if (album === undefined || album === null) return { ...change, ...(album === null && { album }) };
  return { ...change, album: { album: album.album, items: album.items } };
}

/** As if the fault lay with this one answer, and not with the chat. */
function asRejected(thrown: unknown): unknown {
  if (!(thrown instanceof BridgeError) || thrown.reason !== 'blocked') return thrown;
  return new BridgeError({ code: 'invalid', operation: thrown.operation, message: thrown.message, reason: 'rejected' });
}

/** As if an answer had arrived when it was read. */
function reportingEarly(connector: HelpdeskConnector): HelpdeskConnector {
  return {
    ...connector,
    async commentsAfter(ticket, cursor) {
      const comments = await connector.commentsAfter(ticket, cursor);
      for (const { id, origin, visibility } of comments) if (origin === 'agent' && visibility === 'public') await connector.reportDelivered?.(ticket, id, 1).catch(() => undefined);
      return comments;
    },
  };
}

function inTheOpen<T>(sealer: Sealer<T>): Sealer<T> {
  return { seal: (words) => mintId<Sealed>(JSON.stringify(words)), open: (sealed, owner) => (sealed.startsWith('{') ? JSON.parse(sealed) as T : sealer.open(sealed, owner)) };
}

/** The sender asks whether it is a message's turn before it waits for Telegram's pace. */
function withEarlyTurn(): Sabotage {
  const early = <T>({ turn, ...options }: SendOptions, send: (rest: SendOptions) => Promise<T>): Promise<T> => (turn === undefined ? send(options) : turn(() => send(options)));
  return {
    sender: (sender) => ({
      ...sender,
      sendPart: (conversation, part, options = {}) => early(options, (rest) => sender.sendPart(conversation, part, rest)),
      sendAlbum: (conversation, parts, options = {}) => early(options, (rest) => sender.sendAlbum(conversation, parts, rest)),
    }),
  };
}

/** Nobody's patience: whatever is on its way counts as slow at once. */
function withoutPatience(): Sabotage {
  return {
    ports: (ports) => ({
      ...ports, clock: { ...ports.clock, sleep: (delayMs, signal) => (delayMs === ALONE_MS && signal !== undefined ? Promise.resolve() : ports.clock.sleep(delayMs, signal)) },
    }),
  };
}

export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'one lane per conversation': { separateLanes: true },
  'link check of messages': withSession((session) => derive(session, { linkOfMessage: async () => undefined })),
  'link check of answers': withSession((session) => derive(session, { linksOfComment: async () => [] })),
  'look-up before a retry': { connector: (connector) => ({ ...connector, findTicket: async () => undefined, findComment: async () => undefined }) },
  'intents on disk': withSession((session) => derive(session, { commit: (change) => session.commit({ ...change, intents: [] }) })),
  'waiting until a write settles': withCapabilities({ writeSettlesMs: 0 }),
  'cursor order': withComments((comments) => [...comments].reverse()),
  'acknowledging only what is stored': { acknowledgeEarly: true },
  'one send at a time': withoutPatience(),
  'a last look after a wait for the pace': withEarlyTurn(),
  'visibility check': withComments((comments) => comments.map((comment) => ({ ...comment, visibility: 'public' as const }))),
  'own and other words apart (origin check)': withComments((comments) => comments.map((comment) => ({ ...comment, origin: 'agent' as const }))),
  'whose comment it is after a merge': withComments((comments) => comments.map((comment) => ({ ...comment, ticket: comments.at(-1)?.ticket ?? comment.ticket }))),
  'the sweep': { connector: (connector) => ({ ...connector, changedSince: async (cursor) => ({ ...await connector.changedSince(cursor), doorbells: [] }) }) },
  'due work on disk': withSession((session) => derive(session, { commit: (change) => session.commit({ ...change, done: [] }) })),
  'words that wait on disk are sealed': { ports: (ports) => ({ ...ports, seal: { ...ports.seal, message: inTheOpen(ports.seal.message) } }) },
  'items of an album on disk': withSession((session) => derive(session, { commit: ({ album: _album, ...change }) => session.commit(change) })),
  'closing an album before it is filed': withSession((session) => derive(session, { commit: (change) => session.commit(stillOpen(change)) })),
  'fencing by the lock': { unfenced: true },
  'authentication of doorbells': { connector: (connector) => ({ ...connector, doorbell: { ...connector.doorbell, authenticate: () => undefined } }) },
  'authentication of updates': { forgedUpdates: true },
  'waiting as long as Telegram says (429)': { impatient: true },
  'telling agents what did not arrive': { connector: (connector) => ({ ...connector, addComment: async (ticket, draft) => (draft.from === 'bridge' ? mintId<CommentId>('none') : connector.addComment(ticket, draft)) }) },
  'telling the helpdesk what arrived': { connector: (connector) => ({ ...connector, reportDelivered: async () => undefined }) },
  'telling the helpdesk only of what arrived': { connector: reportingEarly },
  'telling agents what arrived after all': { connector: (connector) => ({ ...connector, addComment: async (ticket, draft) => (draft.externalId?.endsWith(':delivered') === true ? mintId<CommentId>('none') : connector.addComment(ticket, draft)) }) },
  'forgetting what was replayed': { ports: (ports) => ({ ...ports, idMap: { ...ports.idMap, unbury: async () => undefined } }) },
  'telling customers what was given up': { ports: (ports) => ({ ...ports, journey: { ...ports.journey, dueOnBurying: () => [] } }) },
  'waiting for customers who blocked the bot': { sender: (sender) => ({ ...sender, sendPart: (conversation, part, options) => sender.sendPart(conversation, part, options).catch((thrown: unknown) => { throw asRejected(thrown); }) }) },
};
