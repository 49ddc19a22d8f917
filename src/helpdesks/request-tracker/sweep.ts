/**
 * What changed since a cursor, by transaction number.
 *
 * Numbers are given when a database transaction begins to write and show only when it commits, so across tickets a lower number
 * may appear after a higher one. Each sweep therefore looks again at the last OVERLAP numbers and rings for those that were not there
 * before; the cursor holds the highest number and how far behind it the ones already seen are.
 */
import { BridgeError } from '../../core/errors.js';
import { mintId, type ChangeDoorbell, type SweepCursor, type SweepPage, type TicketId } from '../../core/types.js';
import { PAGE_ROWS, type Api, type RtTransaction } from './api.js';
import type { People } from './people.js';
import { isSearchable, sqlAnyOf } from './sql.js';

/** More than all workers of a busy RT have open at a time; a reply takes about five numbers. */
const OVERLAP = 200;
/** What the bridge acts upon. The record of a mail, a new owner or a priority concerns no requester. */
const TYPES = ['Create', 'Correspond', 'Comment', 'Status', 'AddLink'];
const OWN_TYPES = new Set(['Correspond', 'Comment']);
/** Rows that may not be seen are taken out of a page after it was cut, so a page without rows need not be the last. */
const EMPTY_PAGES_MAX = 3;
const QUEUES_MAX = 30;
const OPERATION = 'changedSince';

interface Position {
  readonly highest: number;
  readonly seen: ReadonlySet<number>;
}

export async function changedSince(api: Api, people: People, cursor?: SweepCursor): Promise<SweepPage> {
  const scope = await scopeOf(api);
  if (cursor === undefined) {
    const newest = advance({ highest: 0, seen: new Set() }, await firstRows(api, scope, 'DESC'));
    // One page need not reach back as far as the next sweep looks.
    const position = newest.highest === 0 ? newest : advance(newest, await window(api, scope, newest));
    return { doorbells: [], cursor: toCursor(position), more: false };
  }
  const position = parseCursor(cursor);
  const late = (await window(api, scope, position)).filter((row) => !position.seen.has(Number(row.id)));
  const fresh = await firstRows(api, `${scope} AND id > ${position.highest}`, 'ASC');
  const own = await people.ownName(OPERATION);
  return {
    doorbells: ringsOf([...late, ...fresh], own), cursor: toCursor(advance(position, [...late, ...fresh])), more: fresh.length === PAGE_ROWS,
  };
}

/** Only queues that the bridge sees: on a large RT its pages would else be full of rows that are taken out. */
async function scopeOf(api: Api): Promise<string> {
  const scope = `ObjectType = 'RT::Ticket' AND ${sqlAnyOf('Type', TYPES)}`;
  const queues = await api.queueNames(OPERATION);
  const useful = queues.length > 0 && queues.length <= QUEUES_MAX && queues.every(isSearchable);
  return useful ? `${scope} AND ${sqlAnyOf('TicketQueue', queues)}` : scope;
}

async function firstRows(api: Api, query: string, order: 'ASC' | 'DESC'): Promise<readonly RtTransaction[]> {
  for (let page = 1; page <= EMPTY_PAGES_MAX; page += 1) {
    const rows = await api.transactionsWhere(OPERATION, query, page, order);
    if (rows.length > 0) return rows;
  }
  return [];
}

async function window(api: Api, scope: string, { highest }: Position): Promise<readonly RtTransaction[]> {
  const query = `${scope} AND id > ${Math.max(0, highest - OVERLAP)} AND id <= ${highest}`;
  const rows: RtTransaction[] = [];
  for (let page = 1; page <= OVERLAP / PAGE_ROWS; page += 1) {
    const some = await api.transactionsWhere(OPERATION, query, page);
    rows.push(...some);
    if (some.length < PAGE_ROWS) break;
  }
  return rows;
}

/** The bridge's own comments are no news; its new tickets are, for whoever rebuilds a map. */
function ringsOf(rows: readonly RtTransaction[], own: string): readonly ChangeDoorbell[] {
  const tickets = new Set<string>();
  for (const row of rows) {
    if (row.ObjectId !== undefined && !(row.Creator?.id === own && OWN_TYPES.has(row.Type))) tickets.add(row.ObjectId);
  }
  return [...tickets].map((ticket) => ({ ticket: mintId<TicketId>(ticket) }));
}

function advance(position: Position, rows: readonly RtTransaction[]): Position {
  const numbers = rows.map((row) => Number(row.id));
  const highest = Math.max(position.highest, ...numbers);
  return { highest, seen: new Set([...position.seen, ...numbers].filter((number) => number > highest - OVERLAP)) };
}

/** `<highest>` or `<highest>:<how far behind>,...` */
function toCursor({ highest, seen }: Position): SweepCursor {
  const behind = [...seen].map((number) => highest - number).sort((a, b) => a - b);
  return mintId<SweepCursor>(behind.length === 0 ? String(highest) : `${highest}:${behind.join(',')}`);
}

function parseCursor(cursor: SweepCursor): Position {
  const parts = /^(\d{1,15})(?::(\d{1,3}(?:,\d{1,3})*))?$/.exec(cursor);
  if (parts === null) throw new BridgeError({ code: 'invalid', operation: OPERATION, message: `${OPERATION}: this is no cursor of Request Tracker` });
  const highest = Number(parts[1]);
  return { highest, seen: new Set((parts[2]?.split(',') ?? []).map((behind) => highest - Number(behind))) };
}
