/** What must hold of buried work that was replayed. */
import type { BuriedEntry } from '../../src/core/ports.js';
import type { Cast } from './cast.js';
import { readWritten, wordsOf } from './asides.js';
import { shippedMapping } from './mapping.js';
import type { Request } from './spool.js';

/** Of an answer: what agents were told of it. */
export type ToldOf = (customer: number, comment: string) => boolean;

/** That it is filed, or that it opened a ticket. */
const FILED = shippedMapping.locales.flatMap((locale) => [wordsOf('message.filed', locale, 'number'), wordsOf('receipt', locale, 'number', 'answer'), wordsOf('receipt.noTime', locale, 'number'), wordsOf('followUp.opened', locale, 'number', 'previous')]);

/** Of a message that was given up. */
export const NOT_FILED: readonly string[] = shippedMapping.locales.map((locale) => shippedMapping.text(locale, 'message.notFiled').text);

export function judgeReplays(cast: Cast, toldOfArrival: ToldOf): void {
  const { ledger, spool, weather } = cast.world;
  for (const request of spool.requests) {
    if (!request.finished) ledger.wrong(`left over: the request to replay ${request.name}`);
    for (const { id, result, code } of request.outcomes) {
      ledger.count(`replay: ${result}${code === undefined ? '' : `, ${code}`}`);
      const entry = request.entries.find((one) => one.id === id);
      if (result === 'done' && entry !== undefined) judgeDone(cast, request, entry, toldOfArrival);
    }
    judgeOrder(cast, request);
  }
  // The last request of such a story comes when all is quiet and nothing is refused.
  if (spool.requests.length === 0 || !weather.mended()) return;
  for (const entry of cast.world.disk.buried.values()) {
    if (mayBeKept(cast, entry)) ledger.count('replay: kept for good, its chat moved or its answer was withdrawn');
    else ledger.wrong(`${entry.id} is still buried after its replay`);
  }
}

/** The old id of a group forwards nothing; an answer that is not public any more is not sent. */
function mayBeKept({ world: { ledger, botApi } }: Cast, { conversation, comment, direction }: BuriedEntry): boolean {
  if (direction === 'to_helpdesk') return botApi.chat(chatOf(conversation)).movedTo !== undefined;
  return ledger.answered.some((answered) => answered.comment === comment && answered.visibility === 'internal');
}

/** What its sender changed was filed by that, before it was replayed. */
function isChanged({ world: { ledger } }: Cast, { message }: BuriedEntry): boolean {
  return ledger.edited.some((one) => one.message === message);
}

function judgeDone(cast: Cast, { askedAtMs }: Request, entry: BuriedEntry, toldOfArrival: ToldOf): void {
  const { world, firstChatOf } = cast;
  const { ledger, disk } = world;
  const chat = chatOf(entry.conversation);
  const customer = firstChatOf.get(chat) ?? chat;
  if (disk.buried.has(entry.id)) ledger.wrong(`${entry.id} was replayed and is still buried`);
  if (entry.comment !== undefined && !toldOfArrival(customer, entry.comment)) ledger.wrong(`${entry.id} was replayed, and agents were not told that it arrived`);
  if (entry.message === undefined || isChanged(cast, entry) || ledger.counts[`blocked ${customer}`] !== undefined) return;
  const { filedAtMs, isByUpdate } = filingOf(cast, entry);
  const effects = ledger.effects.filter((effect) => (firstChatOf.get(effect.chat) ?? effect.chat) === customer);
  const told = effects.some(({ atMs, text }) => atMs >= Math.min(askedAtMs, filedAtMs) && FILED.some((words) => words.test(text)));
  // Whoever was not asked to send it again when its update filed it hears nothing.
  const isUnasked = isByUpdate && !effects.some(({ atMs, leftAtMs, text }) => atMs >= entry.buriedAtMs && leftAtMs < filedAtMs && NOT_FILED.includes(text));
  if (isUnasked) ledger.count('replay: filed by its update before, and its sender never asked to send it again');
  else if (!told) ledger.wrong(`${entry.id} was replayed, and customer ${customer} was not told that it is filed`);
  judgeAsked(cast, entry, customer);
}

/** When it was filed. `isByUpdate`: not by a replay, which says above it that it comes late. */
function filingOf({ world: { helpdesk } }: Cast, { message }: BuriedEntry): { readonly filedAtMs: number; readonly isByUpdate: boolean } {
  const comment = helpdesk.comments().find(({ externalId }) => externalId === message);
  return { filedAtMs: comment?.createdAtMs ?? Infinity, isByUpdate: comment !== undefined && !readWritten(comment.content).late };
}

/** Nobody is asked to send again what was filed before the word left: they would have it filed twice. A word on its way nobody can call back. */
function judgeAsked(cast: Cast, entry: BuriedEntry, customer: number): void {
  const { world: { ledger }, firstChatOf } = cast;
  const { id, message, messages = [] } = entry;
  const isTheirs = (chat: number): boolean => (firstChatOf.get(chat) ?? chat) === customer;
  // With others of theirs refused a word may speak of those.
  if (ledger.said.some((said) => said.refused && isTheirs(chatOf(said.conversation)) && said.message !== message && !messages.some((one) => one === said.message))) return;
  const { filedAtMs } = filingOf(cast, entry);
  ledger.count('replay: filed, and the only one of its sender that was given up');
  const asked = ledger.effects.filter(({ chat, text }) => isTheirs(chat) && NOT_FILED.includes(text));
  if (asked.some(({ leftAtMs }) => leftAtMs > filedAtMs)) ledger.wrong(`customer ${customer} was asked to send ${id} again after it was filed`);
  else if (asked.some(({ atMs }) => atMs > filedAtMs)) ledger.count('replay: the word that it was not filed was on its way when it was filed');
}

/** Of one conversation, what was buried first is filed first; what its own update filed keeps the place that it got by that. */
function judgeOrder(cast: Cast, { entries, outcomes }: Request): void {
  const { ledger, helpdesk } = cast.world;
  const done = new Set(outcomes.filter(({ result }) => result === 'done').map(({ id }) => id));
  const comments = helpdesk.comments();
  for (const conversation of new Set(entries.map((entry) => entry.conversation))) {
    const replayed = entries.filter((entry) => entry.conversation === conversation && entry.message !== undefined && !isChanged(cast, entry) && !filingOf(cast, entry).isByUpdate && done.has(entry.id));
    const places = replayed.map(({ message }) => Number(comments.find(({ externalId }) => externalId === message)?.id));
    if (places.some((place, index) => place < (places[index - 1] ?? 0))) ledger.wrong(`what was replayed of ${conversation} was filed in the order ${places.join(' ')}`);
  }
}

function chatOf(conversation: string): number {
  return Number(conversation.split(':')[2]);
}
