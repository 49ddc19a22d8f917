/**
 * What belongs here (the room): the requester's journey beside the bare relay: topics, receipts, statuses, commands, languages.
 *
 * This file: the journey as the bridge calls it.
 */
import type { Clock, ConversationSession, HelpdeskConnector, Journey, Mapping } from '../core/ports.js';
import { entryOf } from '../core/conversation.js';
import type { Locale } from '../core/types.js';
import { performAction } from './actions.js';
import { performCommand } from './commands.js';
import { noticeOfPhase } from './phase-notice.js';
import { receiptNotice } from './receipt.js';

export interface FrontdeskPorts {
  readonly connector: HelpdeskConnector;
  readonly mapping: () => Mapping;
  readonly clock: Clock;
}

const RECEIPT = 'receipt';

/** The journey of every requester. */
export function createJourney(ports: FrontdeskPorts): Journey {
  return {
    dueOnOpening: (ticket, nowMs) => [{ kind: RECEIPT, ticket: ticket.id, atMs: nowMs }],
    noticeOfDue: async (session, work) => {
      const entry = entryOf(session.state, work.ticket);
      if (work.kind !== RECEIPT || entry === undefined) return undefined;
      return receiptNotice(ports.mapping(), localeOf(ports, session), entry, entryOf(session.state, entry.followUpOf));
    },
    noticeOfPhase: (change) => noticeOfPhase(ports.mapping(), change),
    performCommand: (session, event) => performCommand(ports, session, event, localeOf(ports, session, event.person.languageTag)),
    performAction: (session, event) => performAction(ports, session, event, localeOf(ports, session, event.person.languageTag)),
  };
}

function localeOf(ports: FrontdeskPorts, session: ConversationSession, languageTag?: string): Locale {
  return session.state.locale ?? ports.mapping().localeOf(languageTag ?? session.state.languageTag);
}
