/** What belongs here: the port of the requester's journey. Each comment is binding. */
import type { ActionEvent, CommandEvent, Locale, Notice, Phase, Ticket, TicketId } from './types.js';
import type { DueWork } from './due.js';
import type { ConversationSession } from './ports.js';

/**
 * What the frontdesk adds to the bare relay: it decides and changes state, the bridge sends what it returns. Called inside the lane,
 * with the conversation held; safe to repeat; throws what the ports throw.
 */
export interface Journey {
  /** What is due after a ticket was opened (the receipt); goes into the same commit as the ticket. */
  dueOnOpening(ticket: Ticket, nowMs: number): readonly DueWork[];
  /** What is due when a message was filed on a ticket after the requester had been told that it waits; goes into the same commit. */
  dueOnFiling(ticket: TicketId, nowMs: number): readonly DueWork[];
  /** What is due when a message was given up; goes to disk with the word that it was. */
  dueOnBurying(nowMs: number): readonly DueWork[];
  /** What the requester is told because of one piece of due work; undefined = nothing any more. */
  noticeOfDue(session: ConversationSession, work: DueWork): Promise<Notice | undefined>;
  /** What the requester is told of a change of phase; undefined = nothing. */
  noticeOfPhase(change: PhaseChange): Notice | undefined;
  performCommand(session: ConversationSession, event: CommandEvent): Promise<Notice>;
  /** Undefined = the button means nothing any more. */
  performAction(session: ConversationSession, event: ActionEvent): Promise<Notice | undefined>;
}

export interface PhaseChange {
  readonly from: Phase;
  readonly to: Phase;
  /** An answer was relayed just before. */
  readonly answered: boolean;
  readonly number: string;
  readonly locale: Locale;
}
