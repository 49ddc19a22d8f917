/** Each safeguard switched off in turn. The simulation is worth something only if it catches every one of these. */
import type { BridgePorts } from '../../src/bridge/ports.js';
import type { ConversationSession } from '../../src/core/ports.js';
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

export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'link check of messages': withSession((session) => derive(session, { linkOfMessage: async () => undefined })),
  'link check of answers': withSession((session) => derive(session, { linksOfComment: async () => [] })),
  'look-up before a retry': { connector: (connector) => ({ ...connector, findTicket: async () => undefined, findComment: async () => undefined }) },
  'intents on disk': withSession((session) => derive(session, { commit: (change) => session.commit({ ...change, intents: [] }) })),
  'waiting until a write settles': { connector: (connector) => ({ ...connector, capabilities: { ...connector.capabilities, writeSettlesMs: 0 } }) },
  'cursor order': { connector: (connector) => ({ ...connector, commentsAfter: async (ticket, cursor) => [...await connector.commentsAfter(ticket, cursor)].reverse() }) },
  'acknowledging only what is stored': { acknowledgeEarly: true },
  'visibility check': { connector: (connector) => ({ ...connector, commentsAfter: async (ticket, cursor) => (await connector.commentsAfter(ticket, cursor)).map((comment) => ({ ...comment, visibility: 'public' as const })) }) },
  'the sweep': { connector: (connector) => ({ ...connector, changedSince: async (cursor) => ({ ...await connector.changedSince(cursor), doorbells: [] }) }) },
};
