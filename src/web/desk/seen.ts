/** Up to which entry this browser has shown each ticket: what makes a ticket in the list unread. */
import type { Ticket } from './api.js';

const KEY = 'desk-seen';
/** The oldest marks are dropped: such tickets look unread again, nothing worse. */
const TICKETS_MAX = 2000;

let seen: Map<string, number> | undefined;

/** The customer had the last word, and this browser has not shown it yet. */
export function isUnread({ id, lastFrom, lastRequesterEntry }: Pick<Ticket, 'id' | 'lastFrom' | 'lastRequesterEntry'>): boolean {
  return lastFrom === 'requester' && lastRequesterEntry > (load().get(id) ?? 0);
}

/** Gives true when that was news. */
export function markSeen(ticket: string, entry: number): boolean {
  const marks = load();
  if ((marks.get(ticket) ?? 0) >= entry) return false;
  marks.delete(ticket);
  marks.set(ticket, entry);
  for (const oldest of marks.keys()) {
    if (marks.size <= TICKETS_MAX) break;
    marks.delete(oldest);
  }
  try {
    localStorage.setItem(KEY, JSON.stringify([...marks]));
  } catch {
    // Without storage the marks last until the page is closed.
  }
  return true;
}

function load(): Map<string, number> {
  seen ??= new Map(parse());
  return seen;
}

function parse(): readonly (readonly [string, number])[] {
  try {
    const rows: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(rows) ? rows.filter((row): row is [string, number] => Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'number') : [];
  } catch {
    return [];
  }
}
