/** What must hold of messages and answers that were changed after they were written. */
import type { Comment } from '../../src/core/types.js';
import { readWritten } from './asides.js';
import type { Cast } from './cast.js';
import type { Answered } from './ledger.js';
import type { World } from './world.js';

/** Whether it tells of a message that was changed. */
export function isChange({ externalId }: Comment): boolean {
  return externalId?.startsWith('edit:') === true;
}

/** Of the changes of a message some stand on tickets, in order, each once; the last one does. */
export function judgeEdits({ ledger, helpdesk, disk, botApi }: World): void {
  const comments = helpdesk.comments().filter((comment) => comment.origin === 'bridge' && comment.visibility === 'public').sort((a, b) => Number(a.id) - Number(b.id));
  const lines = comments.flatMap(linesOf);
  for (const message of new Set(ledger.edited.map((one) => one.message))) {
    const edited = ledger.edited.filter((one) => one.message === message);
    const texts = edited.map(({ text }) => text);
    const all = lines.filter(({ line }) => texts.includes(line));
    // An item of an album that was given up stands for itself when it is changed, and with the others when they are replayed.
    const isApart = ledger.said.some((said) => said.message === message && said.refused && said.album !== undefined);
    const apart = isApart ? all.filter(({ line }, index) => line !== all[index - 1]?.line) : all;
    // Whether a message was read before or after a change of the same second nobody can tell: that one is shown behind what was read, whether that holds it, or one after it, or not.
    const unclear = edited.filter(({ atMs }) => botApi.readings.some((read) => read.message === message && secondOf(read.atMs) === secondOf(atMs))).map(({ text }) => text);
    const isBehind = ({ line, late }: Line, index: number): boolean => unclear.includes(line)
      && (apart.some((other, place) => place > index && other.line === line) || (late && unclear.includes(apart[index + 1]?.line ?? '')));
    const shown = apart.filter((one, index) => !isBehind(one, index)).map(({ line }) => line);
    if (shown.length < apart.length) ledger.count('an edit: shown again, made in the second in which its message was read again');
    const wanted = texts.filter((text) => shown.includes(text));
    ledger.count(shown.length === texts.length ? 'an edit: all shown' : 'an edit: some coalesced');
    if (shown.join() !== wanted.join()) ledger.wrong(`${message} was changed to ${texts.join()} and its ticket shows ${shown.join()}`);
    // It was changed where it waited, and then given up with its album.
    const isBuried = isApart && shown.length === 0 && [...disk.buried.values()].some(({ messages }) => messages?.some((one) => one === message));
    if (!isBuried && shown.at(-1) !== texts.at(-1)) ledger.wrong(`${message} is ${texts.at(-1) ?? ''} and its ticket shows ${shown.at(-1) ?? 'nothing'} last`);
  }
}

interface Line {
  readonly line: string;
  /** As a replay read it. */
  readonly late: boolean;
}

function linesOf(comment: Comment): readonly Line[] {
  // Below the mark, and the quote of what was.
  if (isChange(comment)) return comment.content.text.text.split('\n').slice(-1).map((line) => ({ line, late: false }));
  const { lines, late } = readWritten(comment.content);
  return lines.map((line) => ({ line, late }));
}

/** Telegram's clock has no more. */
function secondOf(atMs: number): number {
  return Math.floor(atMs / 1_000);
}

export interface ToldOfChanges {
  /** Whether agents were told that a change of this answer did not reach this customer. */
  toldOfChange(customer: number, comment: string): boolean;
}

/** What is internal or gone in the end stands in no chat, and what was changed stands there as it is now; or an agent was told that it does not. */
export function judgeChanges({ world: { ledger, botApi }, firstChatOf }: Cast, answers: ToldOfChanges): void {
  for (const answered of ledger.answered) {
    const { units, comment } = answered;
    const there = botApi.shown.filter(({ chat, text, fileName }) => botApi.chat(chat).movedTo === undefined && units.some((unit) => `${text} ${fileName ?? ''}`.split(/[\s.]+/u).includes(unit)));
    for (const { chat, message, text } of there) {
      const wrong = wrongWith(answered, text);
      if (wrong === undefined) continue;
      // Nobody knows the first of two, when its answer was lost.
      const isUnknown = ledger.effects.some((effect) => effect.chat === chat && effect.message === `tg:1:${chat}:${message}` && effect.linkedIn === undefined);
      const told = answers.toldOfChange(firstChatOf.get(chat) ?? chat, comment);
      ledger.count(`${wrong}${isUnknown ? ': its answer was lost' : told ? ', agents told' : ''}`);
      if (!isUnknown && !told) ledger.wrong(`${comment} ${wrong}, in chat ${chat} as ${text.slice(0, 40)}`);
    }
  }
}

function wrongWith({ steady, visibility, version, units }: Answered, text: string): string | undefined {
  if (!steady && visibility === 'internal') return 'is not public now and stays';
  const words = text.split(/\s+/u);
  return version !== '' && units.some((unit) => words.includes(unit)) && !words.includes(version) ? 'was changed and stays as it was' : undefined;
}
