/** What belongs here: the wish for a new ticket, and how long it holds. */

/** Whoever asks for a new ticket and writes later than that has forgotten that they asked: "thanks" is no request of its own. */
export const OPENING_HOLDS_MS = 60 * 60_000;
/** The same when an answer reached them in between. Long enough for those who were writing about their new matter just then. */
const OPENING_HOLDS_ANSWERED_MS = 10 * 60_000;

/** The requester asked for a new ticket (with this topic): the next message opens it, if it comes soon. */
export interface Opening {
  readonly topic?: string;
  /** When they asked. Absent: an earlier version did not keep it, so it holds until it is used. */
  readonly atMs?: number;
  /** An answer reached them since: what they say next may be about that. */
  readonly answered?: true;
}

/** Whether a message that was written then opens the ticket. */
export function opensWith({ atMs, answered }: Opening, writtenAtMs: number): boolean {
  return atMs === undefined || writtenAtMs - atMs <= (answered === true ? OPENING_HOLDS_ANSWERED_MS : OPENING_HOLDS_MS);
}
