/**
 * What belongs here (the room): the requester's journey beside the bare relay: topics, receipts, statuses, commands, languages.
 *
 * This file: the journey as the bridge calls it.
 */
import type { Mapping } from '../core/mapping.js';
import type { Clock, ConversationSession, HelpdeskConnector } from '../core/ports.js';
import type { Journey } from '../core/journey.js';
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
const FILED = 'filed';
const NOT_FILED = 'notFiled';

/** The journey of every requester. */
export function createJourney(ports: FrontdeskPorts): Journey {
  return {
    dueOnOpening: (ticket, nowMs) => [{ kind: RECEIPT, ticket: ticket.id, atMs: nowMs }],
    dueOnFiling: (ticket, nowMs) => [{ kind: FILED, ticket, atMs: nowMs }],
    dueOnBurying: (nowMs) => [{ kind: NOT_FILED, atMs: nowMs }],
    noticeOfDue: async (session, work) => {
      const locale = localeOf(ports, session);
      if (work.kind === NOT_FILED) return { text: ports.mapping().text(locale, 'message.notFiled', { number: entryOf(session.state, session.state.current)?.number ?? '' }) };
      const entry = entryOf(session.state, work.ticket);
      if (entry === undefined) return undefined;
      if (work.kind === FILED) return { text: ports.mapping().text(locale, 'message.filed', { number: entry.number }) };
      if (work.kind !== RECEIPT) return undefined;
      return receiptNotice(ports.mapping(), locale, entry, entryOf(session.state, entry.followUpOf));
    },
    noticeOfPhase: (change) => noticeOfPhase(ports.mapping(), change),
    performCommand: (session, event) => performCommand(ports, session, event, localeOf(ports, session, event.person.languageTag)),
    performAction: (session, event) => performAction(ports, session, event, localeOf(ports, session, event.person.languageTag)),
  };
}

function localeOf(ports: FrontdeskPorts, session: ConversationSession, languageTag?: string): Locale {
  return session.state.locale ?? ports.mapping().localeOf(languageTag ?? session.state.languageTag);
}
