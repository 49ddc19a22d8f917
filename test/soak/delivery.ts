/** What belongs here: the account. What was sent on one side against what the other side's own record says. */
import type { DeskAgents, DeskComment, DeskTicket } from './desk-reader.js';
import { ANSWER_MARK, ASK_MARK, type Asked, type Copy, type Ledger } from './ledger.js';

export interface ToHelpdesk {
  readonly sent: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  /** A file is missing, or has another size than the one that was sent. */
  readonly brokenFiles: number;
}

export interface ToTelegram {
  readonly answers: number;
  /** Messages they make. */
  readonly parts: number;
  readonly lost: number;
  /** Sent again without a kill or a lost reply that would explain it. */
  readonly doubled: number;
  readonly repeatsAfterLostReply: number;
  readonly repeatsAfterKill: number;
  readonly reordered: number;
  readonly brokenFiles: number;
  /** In a chat that it was not meant for. */
  readonly misled: number;
  /** Not delivered, and the agent was told why, by reason. */
  readonly undelivered: ReadonlyMap<string, number>;
  /** Told that the requester blocked the bot, who never did. */
  readonly unfounded: number;
}

export interface Delivery {
  readonly toHelpdesk: ToHelpdesk;
  readonly toTelegram: ToTelegram;
  readonly tickets: number;
  readonly internalComments: number;
  readonly internalInTelegram: number;
  /** The first of what went wrong, for whoever looks for the cause. */
  readonly examples: readonly string[];
}

type Note = (what: string) => void;

const EXAMPLES_MAX = 20;

/** `inFlightMs`: how long before a kill a message may have been sent whose answer the kill swallowed. */
export async function takeAccount(ledger: Ledger, agents: DeskAgents, inFlightMs: number): Promise<Delivery> {
  const tickets = await agents.all();
  const comments: Placed[] = [];
  for (const ticket of tickets) comments.push(...(await agents.comments(ticket.id)).map((comment) => ({ comment, chat: chatOf(ticket) })));
  const examples: string[] = [];
  const note: Note = (what) => { if (examples.length < EXAMPLES_MAX) examples.push(what); };
  return {
    toHelpdesk: accountOfAsked(ledger, comments, note), toTelegram: accountOfAnswers(ledger, comments, inFlightMs, note), tickets: tickets.length,
    internalComments: comments.filter(({ comment }) => comment.visibility === 'internal' && comment.author.kind === 'agent').length,
    internalInTelegram: ledger.leaks.length, examples,
  };
}

interface Placed {
  readonly comment: DeskComment;
  readonly chat: number;
}

function chatOf({ conversation }: DeskTicket): number {
  return Number(conversation?.split(':')[2]);
}

// ---- customers ----

function accountOfAsked(ledger: Ledger, comments: readonly Placed[], note: Note): ToHelpdesk {
  const stored = new Map<string, DeskComment[]>();
  for (const { comment } of comments) {
    for (const [mark] of comment.html.matchAll(ASK_MARK)) stored.set(mark, [...(stored.get(mark) ?? []), comment]);
  }
  let [lost, doubled, brokenFiles] = [0, 0, 0];
  for (const [mark, asked] of ledger.asked) {
    const found = stored.get(mark) ?? [];
    if (found.length === 0) lost += 1;
    if (found.length > 1) doubled += 1;
    const broken = found[0] !== undefined && !hasFile(found[0], mark, asked);
    if (broken) brokenFiles += 1;
    if (found.length !== 1 || broken) note(`${mark} of chat ${asked.chat} (message ${asked.messageId}) is ${found.length} comments${broken ? ' with a broken file' : ''}`);
  }
  return { sent: ledger.asked.size, lost, doubled, brokenFiles, reordered: countReorderedAsked(ledger, stored, note) };
}

/** Of an album each caption stands in the order of its file. */
function hasFile({ files, html }: DeskComment, mark: string, { fileBytes }: Asked): boolean {
  const marks = [...html.matchAll(ASK_MARK)].map(([found]) => found);
  return fileBytes === undefined ? files.length === 0 : files.length === marks.length && files[marks.indexOf(mark)]?.sizeBytes === fileBytes;
}

/** The desk numbers all comments in one row, so that a chat's order shows across its tickets. */
function countReorderedAsked(ledger: Ledger, stored: ReadonlyMap<string, readonly DeskComment[]>, note: Note): number {
  const byChat = groupBy([...ledger.asked], ([, asked]) => asked.chat);
  return sum([...byChat.values()], (asked) => {
    const inOrder = asked.sort(([, a], [, b]) => a.messageId - b.messageId).flatMap(([mark]) => stored.get(mark)?.[0] ?? []);
    return countDescents(inOrder.map((comment) => Number(comment.id)), (index) => note(`comment ${inOrder[index]?.id ?? ''} came before its turn`));
  });
}

// ---- agents ----

interface Answer extends Placed {
  readonly mark: string;
  readonly copies: readonly Copy[];
  readonly parts: readonly string[];
  readonly verdict: string | undefined;
}

function accountOfAnswers(ledger: Ledger, comments: readonly Placed[], inFlightMs: number, note: Note): ToTelegram {
  const verdicts = verdictsOf(comments);
  const answers = comments.filter(({ comment }) => comment.visibility === 'public' && comment.author.kind === 'agent').map((placed): Answer => {
    const mark = ANSWER_MARK.exec(placed.comment.html)?.[0] ?? '';
    return { ...placed, mark, copies: ledger.copies.get(mark) ?? [], parts: partsOf(placed.comment), verdict: verdicts.get(placed.comment.id) };
  });
  const undelivered = new Map<string, number>();
  let [lost, brokenFiles, misled, unfounded] = [0, 0, 0, 0];
  for (const answer of answers) {
    const { mark, chat, verdict, copies, parts } = answer;
    const missing = parts.filter((part) => !copies.some((copy) => copy.part === part));
    if (verdict !== undefined && missing.length > 0) undelivered.set(verdict, (undelivered.get(verdict) ?? 0) + 1);
    if (verdict === 'blocked' && !ledger.everBlocked.has(chat)) unfounded += 1;
    if (verdict === undefined && missing.length > 0) {
      lost += 1;
      note(`${mark} (comment ${answer.comment.id} on ticket ${answer.comment.ticket}, chat ${chat}) lacks ${missing.join(', ')}`);
    }
    if (copies.some((copy) => copy.chat !== chat)) misled += 1;
    if (hasBrokenFile(answer)) {
      brokenFiles += 1;
      note(`${mark} in chat ${chat} has a broken file: ${copies.map((copy) => copy.fileBytes ?? '-').join(', ')} bytes of ${answer.comment.files.map((file) => file.sizeBytes).join(', ')}`);
    }
  }
  return {
    answers: answers.length, parts: sum(answers, ({ parts }) => parts.length), lost, brokenFiles, misled, unfounded, undelivered,
    ...countRepeats(ledger, answers, inFlightMs, note), reordered: countReorderedAnswers(answers, note),
  };
}

/** The first file takes the text under it. */
function partsOf({ files }: DeskComment): readonly string[] {
  return files.length === 0 ? ['text'] : files.map((_, index) => `file ${index + 1}`);
}

/** What the bridge told agents of answers that did not arrive: comment to reason. */
function verdictsOf(comments: readonly Placed[]): ReadonlyMap<string, string> {
  return new Map(comments.flatMap(({ comment }) => {
    const told = /^undelivered:.*:(\d+):(\w+)$/.exec(comment.externalId ?? '');
    return told?.[1] === undefined || told[2] === undefined ? [] : [[told[1], told[2]] as const];
  }));
}

function hasBrokenFile({ comment, copies }: Answer): boolean {
  return copies.some(({ part, fileBytes }) => fileBytes !== undefined && comment.files[Number(part.slice(5)) - 1]?.sizeBytes !== fileBytes);
}

function countRepeats(ledger: Ledger, answers: readonly Answer[], inFlightMs: number, note: Note): Pick<ToTelegram, 'doubled' | 'repeatsAfterLostReply' | 'repeatsAfterKill'> {
  const counts = { doubled: 0, repeatsAfterLostReply: 0, repeatsAfterKill: 0 };
  // A chat has one message, or one album, under way at a time: a kill explains one repeat in it, not two.
  const explained = new Map<string, string>();
  for (const { mark, copies } of answers) {
    for (const same of groupBy(copies, (copy) => copy.part).values()) {
      for (const [index, again] of same.slice(1).entries()) {
        const before = same[index];
        if (before === undefined) continue;
        const kill = ledger.kills.find((killMs) => before.atMs >= killMs - inFlightMs && before.atMs <= killMs + inFlightMs && again.atMs > killMs);
        const send = before.album ?? String(before.messageId);
        if (ledger.lostReplies.has(`${before.chat} ${before.messageId}`)) counts.repeatsAfterLostReply += 1;
        else if (kill !== undefined && (explained.get(`${before.chat} ${kill}`) ?? send) === send) {
          counts.repeatsAfterKill += 1;
          explained.set(`${before.chat} ${kill}`, send);
        } else {
          counts.doubled += 1;
          note(`${mark} (${again.part}) was sent again after ${again.atMs - before.atMs} ms`);
        }
      }
    }
  }
  return counts;
}

/** Within a ticket, and within an answer; tickets of one chat may overtake each other. */
function countReorderedAnswers(answers: readonly Answer[], note: Note): number {
  return sum([...groupBy(answers, ({ comment }) => comment.ticket).values()], (onTicket) => {
    const inOrder = onTicket.sort((a, b) => Number(a.comment.id) - Number(b.comment.id));
    const first = inOrder.flatMap(({ parts, copies }) => parts.flatMap((part) => copies.find((copy) => copy.part === part) ?? []));
    return countDescents(first.map((copy) => copy.messageId), (index) => note(`message ${first[index]?.messageId ?? ''} in chat ${first[index]?.chat ?? ''} came before its turn`));
  });
}

// ---- all ----

function countDescents(numbers: readonly number[], found: (index: number) => void): number {
  let [count, most] = [0, -Infinity];
  numbers.forEach((number, index) => {
    if (number < most) {
      count += 1;
      found(index);
    }
    most = Math.max(most, number);
  });
  return count;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0);
}
