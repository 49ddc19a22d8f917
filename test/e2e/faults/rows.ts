/** The table of faults. */
import { DAMAGE_ROWS } from './rows-damage.js';
import { DISK_ROWS } from './rows-disk.js';
import { HELPDESK_ROWS, OUTAGE_ROWS } from './rows-helpdesk.js';
import { KILL_ROWS } from './rows-kill.js';
import { TELEGRAM_ROWS } from './rows-telegram.js';
import type { HelpdeskSide } from './helpdesks.js';
import type { Row, Selection } from './run-row.js';

export const ROWS: readonly Row[] = [...KILL_ROWS, ...HELPDESK_ROWS, ...TELEGRAM_ROWS, ...DISK_ROWS, ...DAMAGE_ROWS, ...OUTAGE_ROWS];

/** The rows that a helpdesk can show. */
export function rowsFor(side: Pick<HelpdeskSide, 'name' | 'native'>, selections: readonly Selection[]): readonly Row[] {
  return ROWS.filter((row) => selections.includes(row.selection) && (row.only === undefined || row.only === side.name || (row.only === 'intents' && !side.native)));
}
