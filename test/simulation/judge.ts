/** What must hold when everything is quiet again. */
import type { Comment } from '../../src/core/types.js';
import { allBytes } from './disk.js';
import { TRACE_OF_TEXT, type Answered, type Effect } from './ledger.js';
import { shippedMapping } from './mapping.js';
import type { Cast } from './perform.js';
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
  judgeBuried(cast, judged);
  judgeWithdrawn(cast, judged);
  judgeRest(world);
  return [...world.ledger.violations];
}

function judgeMessages({ ledger, helpdesk, botApi, disk }: World): void {
  const comments = helpdesk.comments().filter((comment) => comment.origin === 'bridge' && comment.visibility === 'public');
  for (const { message, text, refused } of ledger.said) {
    const copies = comments.filter((comment) => comment.content.text.text === text).length;
    const buried = [...disk.buried.values()].some((entry) => entry.message === message);
    // One that was buried and then edited is stored, as what it became.
    const mended = ledger.edited.some((one) => one.message === message);
    if (refused ? copies !== 0 || !(buried || mended) : copies !== 1) ledger.wrong(`${message} (${text}) stands ${copies} times in the helpdesk${buried ? ', and is buried' : ''}`);
  }
  for (const comment of comments) {
    if (!isEdit(ledger, comment) && !ledger.said.some(({ text }) => text === comment.content.text.text)) ledger.wrong(`nobody said ${comment.content.text.text}`);
  }
  for (const update of botApi.updates) if (!update.acknowledged) ledger.wrong(`update ${update.id} of ${update.lane} was never acknowledged`);
}

/** What an edit says stands in the last line of its comment. */
function newTextOf({ content }: Comment): string {
  return content.text.text.split('\n').at(-1) ?? '';
}

function isEdit({ edited }: World['ledger'], comment: Comment): boolean {
  return edited.some(({ text }) => text === newTextOf(comment));
}

/** Of the changes of a message some stand on tickets, in order, each once; the last one does. */
function judgeEdits({ ledger, helpdesk }: World): void {
  const comments = helpdesk.comments().filter((comment) => comment.origin === 'bridge' && isEdit(ledger, comment)).sort((a, b) => Number(a.id) - Number(b.id));
  for (const message of new Set(ledger.edited.map((one) => one.message))) {
    const texts = ledger.edited.filter((one) => one.message === message).map(({ text }) => text);
    const shown = comments.map(newTextOf).filter((text) => texts.includes(text));
    const wanted = texts.filter((text) => shown.includes(text));
    ledger.count(shown.length === texts.length ? 'an edit: all shown' : 'an edit: some coalesced');
    if (shown.join() !== wanted.join()) ledger.wrong(`${message} was changed to ${texts.join()} and its ticket shows ${shown.join()}`);
    if (shown.at(-1) !== texts.at(-1)) ledger.wrong(`${message} is ${texts.at(-1) ?? ''} and its ticket shows ${shown.at(-1) ?? 'nothing'} last`);
  }
}

function judgeOrderOfMessages({ ledger, helpdesk }: World): void {
  // A message that was given up is stored when it is edited, behind what came in between.
  const comments = helpdesk.comments().filter((comment) => comment.origin === 'bridge' && comment.visibility === 'public' && !isEdit(ledger, comment))
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

class Answers {
  readonly #told: readonly Told[];

  constructor(private readonly cast: Cast) {
    const verdicts = cast.world.helpdesk.comments().filter((comment) => comment.visibility === 'internal' && comment.externalId?.startsWith('verdict:'));
    this.#told = verdicts.map((comment) => {
      const [, , , chat, about = '', kind = ''] = comment.externalId?.split(':') ?? [];
      return { chat: Number(chat), about, kind, atMs: comment.createdAtMs };
    });
    for (const { kind } of this.#told) cast.world.ledger.count(`agents told: ${kind}`);
  }

  /** What agents were told of this answer to this customer. */
  told(customer: number, comment: string): readonly string[] {
    return this.#told.filter(({ chat, about }) => about === comment && this.cast.firstChatOf.get(chat) === customer).map(({ kind }) => kind);
  }

  /** Whether agents were told, after this answer arrived, that what waited for the customer has arrived. */
  toldOfArrival(customer: number, units: readonly string[]): boolean {
    const lastMs = Math.max(...units.map((unit) => this.effectsOf(customer).find((effect) => effect.units.includes(unit))?.atMs ?? 0));
    return this.#told.some(({ chat, kind, atMs }) => kind === 'delivered' && atMs >= lastMs && this.cast.firstChatOf.get(chat) === customer);
  }

  /** Whether agents were told that a change of this answer did not reach this customer. */
  toldOfChange(customer: number, comment: string): boolean {
    return this.#told.some(({ chat, about, kind }) => kind.startsWith('not_') && about.split('@')[0] === comment && this.cast.firstChatOf.get(chat) === customer);
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
        if (missing.length === 0) ledger.wrong(`${units[0] ?? ''} got through though Telegram refuses it`);
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
    const closed = ledger.untold.size > 0;
    if (steady && refused && missing && !failed && !closed) ledger.wrong(`${units[0] ?? ''} was refused, and no agent was told on ${ticket}`);
    if (steady && !refused && failed && !missing && !closed && !this.toldOfArrival(customer, units)) {
      ledger.wrong(`agents were told that ${units[0] ?? ''} is ${told.join(', ')}, and not that it arrived`);
    }
  }

  judgeOrder(): void {
    const { ledger } = this.cast.world;
    for (const ticket of new Set(ledger.answered.map((answered) => answered.ticket))) {
      const expected = ledger.answered.filter((answered) => answered.ticket === ticket && answered.steady).flatMap(({ units }) => units);
      for (const customer of new Set(this.cast.firstChatOf.values())) {
        const shown = [...new Set(this.effectsOf(customer).flatMap(({ units }) => units))].filter((unit) => expected.includes(unit));
        const wanted = expected.filter((unit) => shown.includes(unit));
        if (shown.join() !== wanted.join()) ledger.wrong(`answers on ${ticket} reached customer ${customer} in the order ${shown.join(' ')}`);
      }
    }
  }
}

/** What is internal in the end stands in no chat, unless an agent was told that it stays. */
function judgeWithdrawn({ world: { ledger, botApi }, firstChatOf }: Cast, answers: Answers): void {
  for (const { units, visibility, steady, comment } of ledger.answered) {
    if (steady || visibility === 'public') continue;
    const left = botApi.shown.filter(({ chat, text, fileName }) => botApi.chat(chat).movedTo === undefined && units.some((unit) => `${text} ${fileName ?? ''}`.split(/[\s.]+/u).includes(unit)));
    for (const { chat, message, text } of left) {
      // Nobody knows the first of two, when its answer was lost.
      if (ledger.effects.some((effect) => effect.chat === chat && effect.message === `tg:1:${chat}:${message}` && !effect.linked)) {
        ledger.count('internal now, stays in the chat: its answer was lost');
        continue;
      }
      const told = answers.toldOfChange(firstChatOf.get(chat) ?? chat, comment);
      ledger.count(told ? 'internal now, stays in the chat, agents told' : 'internal now, stays in the chat');
      if (!told && ledger.untold.size === 0) ledger.wrong(`${comment} is internal now and stands in chat ${chat} as ${text.slice(0, 40)}`);
    }
  }
}

/** A unit may stand twice in a chat only when a send of it has an excuse: its answer was lost, or its process ended before the link. */
function judgeRepeats({ world: { ledger }, firstChatOf }: Cast): void {
  const byUnit = new Map<string, Effect[]>();
  // What was taken back and made public again is sent again.
  const taken = new Set(ledger.answered.filter(({ steady }) => !steady).flatMap(({ units }) => units));
  for (const effect of ledger.effects) {
    for (const unit of effect.units) {
      if (taken.has(unit)) continue;
      const key = `${unit} for customer ${firstChatOf.get(effect.chat) ?? effect.chat}`;
      byUnit.set(key, [...byUnit.get(key) ?? [], effect]);
    }
  }
  const perEnd = new Map<string, Set<string>>();
  for (const [key, effects] of byUnit) {
    const excused = effects.filter((effect) => excuseOf(effect) !== undefined);
    if (effects.length - excused.length > 1) ledger.wrong(`${key} stands ${effects.length} times, ${excused.length} of them with an excuse`);
    if (effects.length < 2) continue;
    for (const effect of excused.slice(0, effects.length - 1)) {
      const excuse = excuseOf(effect) ?? '';
      ledger.count(`REPEAT ${excuse}`);
      if (excuse !== 'process ended before the link') continue;
      const end = `${effect.process.name} and customer ${firstChatOf.get(effect.chat) ?? effect.chat}`;
      perEnd.set(end, (perEnd.get(end) ?? new Set()).add(effect.message));
    }
  }
  for (const [end, messages] of perEnd) if (messages.size > 1) ledger.wrong(`the end of process ${end}: ${messages.size} messages repeated`);
}

function excuseOf(effect: Effect): string | undefined {
  if (effect.linked) return undefined;
  if (!['fine', 'slow'].includes(effect.fate)) return 'answer lost';
  return effect.process.alive() ? undefined : 'process ended before the link';
}

function judgeBuried({ world, firstChatOf }: Cast, answers: Answers): void {
  const { ledger, disk } = world;
  const sorry = shippedMapping.locales.map((locale) => shippedMapping.text(locale, 'message.notFiled').text);
  for (const entry of disk.buried.values()) {
    const chat = Number(entry.conversation.split(':')[2]);
    const customer = firstChatOf.get(chat) ?? chat;
    if (entry.direction === 'to_telegram') {
      if (entry.comment !== undefined && answers.told(customer, entry.comment).length === 0 && ledger.untold.size === 0) ledger.wrong(`${entry.id} was buried and no agent was told`);
    } else if (entry.message !== undefined) {
      const told = answers.effectsOf(customer).some(({ text }) => sorry.includes(text));
      if (!told && ledger.counts[`blocked ${customer}`] === undefined) ledger.wrong(`${entry.id} was buried and customer ${customer} was not told`);
    }
  }
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
