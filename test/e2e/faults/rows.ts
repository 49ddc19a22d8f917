/** The table of faults. */
import { DAMAGE_ROWS } from './rows-damage.js';
import { DISK_ROWS } from './rows-disk.js';
import { HELPDESK_ROWS, OUTAGE_ROWS } from './rows-helpdesk.js';
import { KILL_ROWS } from './rows-kill.js';
import { TELEGRAM_ROWS } from './rows-telegram.js';
import type { HelpdeskSide } from './helpdesks.js';
import type { Row } from './run-row.js';

export const ROWS: readonly Row[] = [...KILL_ROWS, ...HELPDESK_ROWS, ...TELEGRAM_ROWS, ...DISK_ROWS, ...DAMAGE_ROWS, ...OUTAGE_ROWS];

/** The rows that a helpdesk can show: all of them, or those that belong to the tests of every day. */
export function rowsFor(side: Pick<HelpdeskSide, 'name' | 'native'>, all: boolean): readonly Row[] {
  return ROWS.filter((row) => (all || row.inTests?.includes(side.name) === true) && (row.only === undefined || row.only === side.name || (row.only === 'intents' && !side.native)));
}
