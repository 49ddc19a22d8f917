/** Work that is to be done later: when it is due, and how it is told from other work. */
import type { TicketId } from './types.js';

/** Something to be done later, once. `kind` is the frontdesk's word; one entry for each kind and ticket. */
export interface DueWork {
  readonly kind: string;
  readonly ticket?: TicketId;
  /** At most `DUE_AHEAD_MAX_MS` ahead when it is made. */
  readonly atMs: number;
}

/** Nothing is put off for longer. */
export const DUE_AHEAD_MAX_MS = 10 * 60_000;

/** Whether work for this time is due. What is further ahead than anything is put has the time of a clock that was set back since, and waits no longer. */
export function isDue(atMs: number, nowMs: number): boolean {
  return atMs <= nowMs || atMs > nowMs + DUE_AHEAD_MAX_MS;
}

/** One key for each kind and ticket. */
export function dueKey(work: Pick<DueWork, 'kind' | 'ticket'>): string {
  return `${work.kind} ${work.ticket ?? ''}`;
}

/** When the earliest work of this conversation falls due; undefined = none. */
export function earliestDueMs({ due }: { readonly due: readonly DueWork[] }): number | undefined {
  return due.length === 0 ? undefined : Math.min(...due.map((work) => work.atMs));
}
