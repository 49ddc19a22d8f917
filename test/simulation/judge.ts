/** What must hold when everything is quiet again. */
import type { BuriedEntry } from '../../src/core/ports.js';
import { judgeOpened } from './agent-tickets.js';
import { allBytes } from './disk.js';
import { readWritten, type Written } from './asides.js';
import { TRACE_OF_TEXT, type Answered, type Effect, type Said } from './ledger.js';
import { judgeReplays, NOT_FILED } from './judge-replays.js';
import type { Cast } from './cast.js';
import { isChange, judgeChanges, judgeEdits } from './judge-changes.js';
import { judgeReports } from './judge-reports.js';
import type { World } from './world.js';

export function judge(cast: Cast): readonly string[] {
  const { world } = cast;
  judgeMessages(world);
  judgeOrderOfMessages(world);
  judgeEdits(world);
  const judged = new Answers(cast);
  for (const answered of world.ledger.answered) judged.judge(answered);
  judged.judgeOrder();
  judgeRepeats(cast);
  judgeReports(cast);
  judgeBuried(cast, judged);
  judgeChanges(cast, judged);
  judgeReplays(cast, (customer, comment) => judged.toldOf(customer, comment, 'delivered'));
  judgeOpened(cast, world);
  judgeRest(world);
  return [...world.ledger.violations];
}

/** What the bridge filed for customers, in order: the lines of each comment, without the words that stand around them. Changes are in judge-changes.ts. */
function filed({ helpdesk }: World): readonly Filed[] {
  return helpdesk.comments().filter((comment) => comment.origin === 'bridge' && comment.visibility === 'public' && !isChange(comment))
    .sort((a, b) => Number(a.id) - Number(b.id)).map(({ content, externalId }) => ({ ...readWritten(content), files: content.attachments.map(({ name }) => name), externalId }));
}

interface Filed extends Written {
  readonly files: readonly string[];
  readonly externalId: string | undefined;
}

function judgeMessages(world: World): void {
  const { ledger, botApi, disk, weather } = world;
  const comments = filed(world);
  for (const { message, text, refused, album, quotes } of ledger.said) {
    const copies = comments.flatMap(({ lines }) => lines).filter((line) => line === text).length;
    const buried = [...disk.buried.values()].some((entry) => entry.message === message || entry.messages?.some((one) => one === message));
    // One that was buried and then edited is stored as what it became; so is an item of an album that was changed before the album was filed.
    const became = (refused || album !== undefined) && ledger.edited.some((one) => one.message === message && comments.some(({ lines }) => lines.includes(one.text)));
    // What was given up stands there once when it was replayed, or when the helpdesk took it after all.
    const fine = became ? copies === 0 : refused && (buried || !weather.mended()) ? copies === 0 && buried : copies === 1;
    if (!fine) ledger.wrong(`${message} (${text}) stands ${copies} times in the helpdesk${buried ? ', and is buried' : ''}`);
    const own = comments.find(({ externalId }) => externalId === message);
    if (quotes !== undefined && own !== undefined && !own.late && !own.quotes.some((quote) => quote.includes(quotes.slice(0, 20)))) ledger.wrong(`${message} (${text}) does not show what it answers`);
    if (album === undefined && comments.some(({ lines }) => lines.length > 1 && lines.includes(text))) ledger.wrong(`${message} (${text}) stands together with others`);
  }
  const said = new Set([...ledger.said, ...ledger.edited].map(({ text }) => text));
  for (const line of comments.flatMap(({ lines }) => lines)) if (!said.has(line)) ledger.wrong(`nobody said ${line}`);
  for (const update of botApi.updates) if (!update.acknowledged) ledger.wrong(`update ${update.id} of ${update.lane} was never acknowledged`);
  judgeAlbums(world, comments);
}

/** An album is one comment with its items and files in order; what came after it was filed stands behind it, marked. */
function judgeAlbums({ ledger }: World, comments: readonly Filed[]): void {
  for (const group of new Set(ledger.said.map(({ conversation, album }) => album && `${conversation} ${album}`))) {
    if (group === undefined) continue;
    const items = ledger.said.filter(({ conversation, album }) => `${conversation} ${album ?? ''}` === group);
    if (items.some(({ refused }) => refused)) continue;
    const textsOf = ({ message, text }: Said): readonly string[] => [text, ...ledger.edited.filter((one) => one.message === message).map((one) => one.text)];
    const own = comments.filter(({ lines }) => lines.some((line) => items.some((item) => textsOf(item).includes(line))));
    const nameOf = ({ message }: Said): string => `photo_${message.split(':').at(-1) ?? ''}.jpg`;
    const places = own.flatMap(({ files }) => files).join();
    const lines = own.flatMap((one) => one.lines);
    if (lines.length !== items.length || items.some((item, index) => !textsOf(item).includes(lines[index] ?? ''))) ledger.wrong(`album ${group} stands in the order ${own.map((one) => one.lines.join()).join(' | ')}`);
    if (places !== items.map(nameOf).join()) ledger.wrong(`album ${group} has the files ${places}`);
    for (const [index, { added, lines: some }] of own.entries()) if (added !== index > 0) ledger.wrong(`album ${group}: ${some.join()} is ${added ? '' : 'not '}marked as an addition`);
    ledger.count(own.length === 1 ? 'albums in one comment' : 'albums with items that came late');
  }
}

function judgeOrderOfMessages({ ledger, helpdesk }: World): void {
  // A message that was given up is stored when it is replayed, or edited, behind what came in between.
  const refused = new Set(ledger.said.filter((said) => said.refused).map(({ message }) => message));
  const comments = helpdesk.comments().filter((comment) => comment.origin === 'bridge' && comment.visibility === 'public' && !refused.has(comment.externalId ?? '') && !readWritten(comment.content).late)
    .sort((a, b) => Number(a.id) - Number(b.id));
  for (const conversation of new Set(ledger.said.map((said) => said.conversation))) {
    const order = comments.filter((comment) => comment.externalId?.startsWith(`${conversation}:`)).map((comment) => Number(comment.externalId?.split(':').at(-1)));
    if (order.some((id, index) => index > 0 && id < (order[index - 1] ?? 0))) ledger.wrong(`messages of ${conversation} stand in the order ${order.join(' ')}`);
  }
}

/** What the bridge told agents on tickets: `verdict:<conversation>:<about>:<kind>`. */
interface Told {
  readonly chat: number;
  readonly about: string;
  readonly kind: string;
  readonly atMs: number;
}

function toTold(key: string, atMs: number): Told {
  const [, , , chat, about = '', kind = ''] = key.split(':');
  return { chat: Number(chat), about, kind, atMs };
}

class Answers {
  readonly #told: readonly Told[];
  /** What agents were to be told, had the helpdesk taken it. */
  readonly #refused: readonly Told[];

  constructor(private readonly cast: Cast) {
    const verdicts = cast.world.helpdesk.comments().filter((comment) => comment.visibility === 'internal' && comment.externalId?.startsWith('verdict:'));
    this.#told = verdicts.map((comment) => toTold(comment.externalId ?? '', comment.createdAtMs));
    this.#refused = [...cast.world.ledger.untold].filter(([key]) => key.startsWith('verdict:')).map(([key, atMs]) => toTold(key, atMs));
    for (const { kind } of this.#told) cast.world.ledger.count(`agents told: ${kind}`);
  }

  /** What agents were told of this answer to this customer. */
  told(customer: number, comment: string): readonly string[] {
    return this.#about(this.#told, customer, comment);
  }

  /** Whether agents were told this of this answer; or were to be told while its ticket took no word. */
  toldOf(customer: number, comment: string, kind: string): boolean {
    return [...this.told(customer, comment), ...this.#about(this.#refused, customer, comment)].includes(kind);
  }

  #about(words: readonly Told[], customer: number, comment: string): readonly string[] {
    return words.filter(({ chat, about }) => about === comment && this.cast.firstChatOf.get(chat) === customer).map(({ kind }) => kind);
  }

  /** Whether agents were told, after this answer arrived, that what waited for the customer has arrived; or the helpdesk did not take the word. */
  toldOfArrival(customer: number, units: readonly string[]): boolean {
    const lastMs = Math.max(...units.map((unit) => this.effectsOf(customer).find((effect) => effect.units.includes(unit))?.atMs ?? 0));
    return [...this.#told, ...this.#refused].some(({ chat, kind, atMs }) => kind === 'delivered' && atMs >= lastMs && this.cast.firstChatOf.get(chat) === customer);
  }

  /** Whether agents were told that a change of this answer did not reach this customer; or the helpdesk did not take the word. */
  toldOfChange(customer: number, comment: string): boolean {
    return [...this.#told, ...this.#refused].some(({ chat, about, kind }) => kind.startsWith('not_') && about.split('@')[0] === comment && this.cast.firstChatOf.get(chat) === customer);
  }

  chatsOf(customer: number): readonly number[] {
    return [...this.cast.firstChatOf].filter(([, first]) => first === customer).map(([chat]) => chat);
  }

  effectsOf(customer: number): readonly Effect[] {
    return this.cast.world.ledger.effects.filter(({ chat }) => this.cast.firstChatOf.get(chat) === customer);
  }

  judge(answered: Answered): void {
    const { ledger } = this.cast.world;
    const { units, audience, refused, steady } = answered;
    for (const { units: shown, chat } of ledger.effects) {
      const customer = this.cast.firstChatOf.get(chat) ?? chat;
      if (!audience.includes(customer) && shown.some((unit) => units.includes(unit))) ledger.wrong(`${units[0] ?? ''} reached customer ${customer}, to whom it was not said`);
    }
    for (const customer of audience) {
      const seen = new Set(this.effectsOf(customer).flatMap((effect) => effect.units));
      const missing = units.filter((unit) => !seen.has(unit));
      if (answered.newcomers.includes(customer)) {
        if (missing.length > 0) ledger.count('an answer right after a merge of two customers did not reach the second one');
        continue;
      }
      if (refused) {
        if (missing.length === 0 && !this.cast.world.weather.mended()) ledger.wrong(`${units[0] ?? ''} got through though Telegram refuses it`);
      } else if (steady) {
        if (missing.length > 0) ledger.wrong(`${missing.join(' ')} never reached customer ${customer}`);
      } else {
        ledger.count(`visibility changed, last ${answered.visibility}: ${missing.length === 0 ? 'delivered' : 'not delivered'}`);
      }
      this.#judgeWord(answered, customer, missing.length > 0);
    }
  }

  /** What cannot arrive is told; what arrives after such a word is told too. */
  #judgeWord({ comment, refused, steady, units, ticket }: Answered, customer: number, missing: boolean): void {
    const { ledger } = this.cast.world;
    const told = this.told(customer, comment);
    const failed = told.some((kind) => kind !== 'delivered');
    if (steady && refused && missing && !this.toldOf(customer, comment, 'rejected')) ledger.wrong(`${units[0] ?? ''} was refused, and no agent was told on ${ticket}`);
    if (steady && failed && !missing && !this.toldOfArrival(customer, units)) ledger.wrong(`agents were told that ${units[0] ?? ''} is ${told.join(', ')}, and not that it arrived`);
  }

  judgeOrder(): void {
    const { ledger } = this.cast.world;
    for (const ticket of new Set(ledger.answered.map((answered) => answered.ticket))) {
      const expected = ledger.answered.filter((answered) => answered.ticket === ticket && answered.steady && !answered.refused).flatMap(({ units }) => units);
      for (const customer of new Set(this.cast.firstChatOf.values())) {
        const shown = [...new Set(this.effectsOf(customer).flatMap(({ units }) => units))].filter((unit) => expected.includes(unit));
        const wanted = expected.filter((unit) => shown.includes(unit));
        // Both chats of a group that was moving may have brought answers, each in order.
        if (shown.join() !== wanted.join() && this.chatsOf(customer).length > 1) ledger.count('ORDER by the old and the new conversation of a group that was moving');
        else if (shown.join() !== wanted.join()) ledger.wrong(`answers on ${ticket} reached customer ${customer} in the order ${shown.join(' ')}`);
      }
    }
  }
}

/**
 * A unit may stand twice in a chat only when a send of it has an excuse: its answer was lost, or its process ended before the link. By the end of a
 * process one send is repeated; besides those that Telegram itself was slow to answer, and of them one in each chat.
 */
function judgeRepeats({ world: { ledger }, firstChatOf }: Cast): void {
  const byUnit = new Map<string, Effect[]>();
  // What was taken back and made public again is sent again.
  const taken = new Set(ledger.answered.filter(({ steady }) => !steady).flatMap(({ units }) => units));
  // What stands in the old chat of a group cannot be changed: it is said again in the new one.
  const corrected = new Set(ledger.answered.filter(({ version }) => version !== '').flatMap(({ units }) => units));
  const moved = new Set([...firstChatOf].filter(([chat, first]) => chat !== first).map(([, first]) => first));
  for (const effect of ledger.effects) {
    for (const unit of effect.units) {
      if (taken.has(unit) || (corrected.has(unit) && moved.has(firstChatOf.get(effect.chat) ?? effect.chat))) continue;
      const key = `${unit} for customer ${firstChatOf.get(effect.chat) ?? effect.chat}`;
      byUnit.set(key, [...byUnit.get(key) ?? [], effect]);
    }
  }
  const perEnd = new Map<string, Set<string>>();
  for (const [key, effects] of byUnit) {
    const excused = effects.filter((effect) => excuseOf(effect) !== undefined);
    const places = new Set(effects.flatMap(({ linkedIn }) => linkedIn ?? []));
    // A group whose move still waits behind an answer, and whose new chat got the same ticket by a merge: both chats are one.
    if (places.size > 1) ledger.count('REPEAT by the old and the new conversation of a group that was moving');
    else if (effects.length - excused.length > 1) ledger.wrong(`${key} stands ${effects.length} times, ${excused.length} of them with an excuse`);
    if (effects.length < 2) continue;
    for (const effect of excused.slice(0, effects.length - 1)) {
      const excuse = excuseOf(effect) ?? '';
      ledger.count(`REPEAT ${excuse}`);
      if (excuse !== 'process ended before the link') continue;
      const end = effect.process.name;
      // To a machine that stood still any answer came late.
      const slow = effect.fate === 'slow' || effect.process.wasFrozen();
      for (const place of [`${end} and customer ${firstChatOf.get(effect.chat) ?? effect.chat}`, ...(slow ? [] : [end])]) {
        perEnd.set(place, (perEnd.get(place) ?? new Set()).add(effect.send));
      }
    }
  }
  for (const [end, messages] of perEnd) if (messages.size > 1) ledger.wrong(`the end of process ${end}: ${messages.size} messages repeated`);
}

function excuseOf(effect: Effect): string | undefined {
  if (effect.linkedIn !== undefined) return undefined;
  if (!['fine', 'slow'].includes(effect.fate)) return 'answer lost';
  return effect.process.alive() ? undefined : 'process ended before the link';
}

function judgeBuried({ world, firstChatOf }: Cast, answers: Answers): void {
  const { ledger, disk } = world;
  for (const entry of disk.buried.values()) {
    const chat = Number(entry.conversation.split(':')[2]);
    const customer = firstChatOf.get(chat) ?? chat;
    if (entry.direction === 'to_telegram') {
      // One that was made internal meanwhile is nobody's loss.
      const steady = ledger.answered.some(({ comment, steady: stayed }) => comment === entry.comment && stayed);
      const { comment } = entry;
      if (comment !== undefined && steady && !reasonsOf(world, entry).some((reason) => answers.toldOf(customer, comment, reason))) ledger.wrong(`${entry.id} was buried and no agent was told`);
    } else if (entry.message !== undefined) {
      const told = answers.effectsOf(customer).some(({ text }) => NOT_FILED.includes(text));
      if (!told && ledger.counts[`blocked ${customer}`] === undefined) ledger.wrong(`${entry.id} was buried and customer ${customer} was not told`);
    }
  }
}

/** Agents were told why it was given up; a replay that fails writes down why it failed instead. */
function reasonsOf({ spool }: World, entry: BuriedEntry): readonly string[] {
  const before = spool.requests.flatMap(({ entries }) => entries.filter(({ id }) => id === entry.id));
  return [...before, entry].map(({ reason = 'rejected' }) => reason);
}

function judgeRest({ disk, ledger, programs }: World): void {
  if (allBytes(disk).includes(TRACE_OF_TEXT)) ledger.wrong('text at rest');
  for (const { state } of disk.rows.values()) {
    for (const intent of state.intents) ledger.wrong(`left over: intent of ${intent.message}`);
    for (const due of state.due) ledger.wrong(`left over: due ${due.kind} of ${state.conversation}`);
  }
  for (const { bridge, counts } of programs) {
    const { lanes, jobs } = bridge.stats();
    const sending = counts();
    if (lanes + jobs > 0) ledger.wrong(`left over: ${lanes} lanes, ${jobs} jobs`);
    if (sending.lanes + sending.waiting > 0) ledger.wrong(`left over: ${sending.lanes} lanes of the sender`);
  }
}
