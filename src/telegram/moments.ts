/** Dates that apps show by the clock of whoever looks: `tomorrow at ten` means something else a day later. Pure. */

/** The year 9999. */
const SECONDS_MAX = 253_402_300_799;
const MINUTES_LENGTH = 'yyyy-mm-ddThh:mm'.length;

/** What is written behind the words of such a date; empty when it is none. */
export function momentOf(seconds: unknown): string {
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= SECONDS_MAX)) return '';
  return ` (${new Date(seconds * 1_000).toISOString().slice(0, MINUTES_LENGTH).replace('T', ' ')} UTC)`;
}
