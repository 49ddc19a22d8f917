/** Each safeguard switched off in turn. The simulation is worth something only if it catches every one of these. */
import type { BridgePorts } from '../../src/bridge/ports.js';
import type { Comment } from '../../src/core/types.js';
import type { ConversationSession, HelpdeskConnector } from '../../src/core/ports.js';
import type { Sabotage } from './world.js';

function withSession(change: (session: ConversationSession) => ConversationSession): Sabotage {
  return {
    ports: (ports: BridgePorts): BridgePorts => ({
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

export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'one lane per conversation': { separateLanes: true },
  'link check of messages': withSession((session) => derive(session, { linkOfMessage: async () => undefined })),
  'link check of answers': withSession((session) => derive(session, { linksOfComment: async () => [] })),
  'link before anything else': withSession((session) => derive(session, { commit: ({ links, ...change }) => session.commit({ ...change, links: (links ?? []).filter(({ comment }) => comment === undefined) }) })),
  'look-up before a retry': { connector: (connector) => ({ ...connector, findTicket: async () => undefined, findComment: async () => undefined }) },
  'intents on disk': withSession((session) => derive(session, { commit: (change) => session.commit({ ...change, intents: [] }) })),
  'waiting until a write settles': withCapabilities({ writeSettlesMs: 0 }),
  'cursor order': withComments((comments) => [...comments].reverse()),
  'acknowledging only what is stored': { acknowledgeEarly: true },
  'visibility check': withComments((comments) => comments.map((comment) => ({ ...comment, visibility: 'public' as const }))),
  'own and other words apart (origin check)': withComments((comments) => comments.map((comment) => ({ ...comment, origin: 'agent' as const }))),
  'whose comment it is after a merge': withComments((comments) => comments.map((comment) => ({ ...comment, ticket: comments.at(-1)?.ticket ?? comment.ticket }))),
  'the sweep': { connector: (connector) => ({ ...connector, changedSince: async (cursor) => ({ ...await connector.changedSince(cursor), doorbells: [] }) }) },
  'due work on disk': withSession((session) => derive(session, { commit: (change) => session.commit({ ...change, done: [] }) })),
  'fencing by the lock': { unfenced: true },
  'authentication of doorbells': { connector: (connector) => ({ ...connector, doorbell: { ...connector.doorbell, authenticate: () => undefined } }) },
  'authentication of updates': { forgedUpdates: true },
};
