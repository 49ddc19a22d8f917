/** The receipt: ticket number and answer time. Pure. */
import type { Mapping } from '../core/mapping.js';
import type { TicketEntry } from '../core/conversation.js';
import type { Locale, Notice } from '../core/types.js';

/** `previous` is the ticket that this one follows, when it does. */
export function receiptNotice(mapping: Mapping, locale: Locale, entry: TicketEntry, previous: TicketEntry | undefined): Notice {
  if (previous !== undefined) return { text: mapping.text(locale, 'followUp.opened', { number: entry.number, previous: previous.number }) };
  const { answerWithinMinutes } = mapping.route(entry.topic);
  const { number } = entry;
  if (answerWithinMinutes === undefined) return { text: mapping.text(locale, 'receipt.noTime', { number }) };
  return { text: mapping.text(locale, 'receipt', { number, answer: answerTime(mapping, locale, answerWithinMinutes) }) };
}

/** "4 hours": whole days and hours where the promise is whole, minutes otherwise. */
function answerTime(mapping: Mapping, locale: Locale, minutes: number): string {
  if (minutes % 1440 === 0) return mapping.label(locale, 'answer.within.days', { count: minutes / 1440 });
  if (minutes % 60 === 0) return mapping.label(locale, 'answer.within.hours', { count: minutes / 60 });
  return mapping.label(locale, 'answer.within.minutes', { count: minutes });
}
