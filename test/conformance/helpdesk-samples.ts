/** What belongs here: drafts and small readers that the cases of describeHelpdesk share. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from '@jest/globals';
import { BridgeError, type BridgeErrorCode } from '../../src/core/errors.js';
import { plainText, type RichText } from '../../src/core/rich-text.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { mintId } from '../../src/core/types.js';
import type {
  Attachment, Comment, CommentDraft, ConversationId, MessageId, Person, PersonId, SweepCursor, Ticket, TicketDraft, TicketId,
} from '../../src/core/types.js';
import type { SampleFile } from './helpdesk.js';

const BOT = 77;
// A server may be used by several runs: ids start at a random place so that one run never meets another's.
const start = Math.floor(Math.random() * 1e9) * 1000;
let count = 0;

export function nextNumber(): number {
  count += 1;
  return start + count;
}

export function samplePerson(name = 'Иван Петров', user = nextNumber()): Person {
  return { id: mintId<PersonId>(`tg:${user}`), name, languageTag: 'ru' };
}

export function sampleConversation(chat = nextNumber()): ConversationId {
  return mintId<ConversationId>(`tg:${BOT}:${chat}`);
}

export function sampleMessage(conversation: ConversationId = sampleConversation()): MessageId {
  return mintId<MessageId>(`${conversation}:${nextNumber()}`);
}

export function sampleFile(name: string, mediaType: string, bytes: Buffer): SampleFile {
  return { name, mediaType, bytes };
}

/** Every byte value, so that any change of encoding shows. */
export function everyByte(repeat = 4): Buffer {
  return Buffer.concat(Array.from({ length: repeat }, () => Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))));
}

export function attachmentOf(file: SampleFile, options: { readonly sizeKnown?: boolean } = {}): Attachment {
  return {
    kind: 'document', name: file.name, mediaType: file.mediaType,
    ...(options.sizeKnown === false ? {} : { sizeBytes: file.bytes.length }),
    open: async () => Readable.from([file.bytes.subarray(0, 100), file.bytes.subarray(100)].filter((piece) => piece.length > 0)),
  };
}

/** A file whose source breaks half way. */
export function tornAttachment(file: SampleFile): Attachment {
  async function* half(): AsyncGenerator<Buffer> {
    yield file.bytes.subarray(0, file.bytes.length / 2);
    throw new BridgeError({ code: 'unavailable', operation: 'openFile', message: 'the source went away' });
  }
  return { ...attachmentOf(file), open: async () => Readable.from(half()) };
}

export interface TicketWish {
  readonly text?: RichText | string;
  readonly files?: readonly Attachment[];
  readonly person?: Person;
  readonly conversation?: ConversationId;
  readonly externalId?: MessageId;
  readonly queue?: string;
  readonly priority?: TicketDraft['priority'];
  readonly tags?: readonly string[];
  readonly subject?: string;
}

export async function draftTicket(connector: HelpdeskConnector, wish: TicketWish = {}): Promise<TicketDraft> {
  const person = wish.person ?? samplePerson();
  const conversation = wish.conversation ?? sampleConversation();
  return {
    externalId: wish.externalId ?? sampleMessage(conversation), conversation, person,
    requester: await connector.upsertRequester({ person }),
    subject: wish.subject ?? 'Не могу войти', tags: wish.tags ?? [], locale: 'ru',
    ...(wish.queue === undefined ? {} : { queue: wish.queue }),
    ...(wish.priority === undefined ? {} : { priority: wish.priority }),
    content: { text: asText(wish.text ?? 'Здравствуйте'), attachments: wish.files ?? [] },
  };
}

export async function openTicket(connector: HelpdeskConnector, wish: TicketWish = {}): Promise<Ticket> {
  return connector.createTicket(await draftTicket(connector, wish));
}

export function draftComment(text: RichText | string, change: Partial<CommentDraft> = {}): CommentDraft {
  return { visibility: 'public', from: 'requester', externalId: sampleMessage(), content: { text: asText(text), attachments: [] }, ...change };
}

function asText(text: RichText | string): RichText {
  return typeof text === 'string' ? plainText(text) : text;
}

export async function bytesOf(attachment: Attachment): Promise<Buffer> {
  if (attachment.open === undefined) throw new Error(`${attachment.name} cannot be opened`);
  return buffer(await attachment.open());
}

/** Every comment that agents wrote, oldest first. */
export async function agentComments(connector: HelpdeskConnector, ticket: TicketId): Promise<readonly Comment[]> {
  return (await connector.commentsAfter(ticket)).filter((comment) => comment.origin === 'agent');
}

/** Every ticket that rings from `cursor` until no page waits, and the cursor after them. */
export async function sweepAll(connector: HelpdeskConnector, cursor: SweepCursor): Promise<{ readonly rung: ReadonlySet<TicketId>; readonly cursor: SweepCursor; readonly pages: number }> {
  const rung = new Set<TicketId>();
  let at = cursor;
  for (let pages = 1; pages <= 100; pages += 1) {
    const page = await connector.changedSince(at);
    for (const doorbell of page.doorbells) rung.add(doorbell.ticket);
    at = page.cursor;
    if (!page.more) return { rung, cursor: at, pages };
  }
  throw new Error('the sweep does not end');
}

export async function cursorOfNow(connector: HelpdeskConnector): Promise<SweepCursor> {
  return (await connector.changedSince()).cursor;
}

/** The error of `work`, which must be a BridgeError with this code. */
export async function failure(work: Promise<unknown>, code: BridgeErrorCode): Promise<BridgeError> {
  const thrown: unknown = await work.then(() => undefined, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(BridgeError);
  if (!(thrown instanceof BridgeError)) throw new Error('unreachable');
  expect({ code: thrown.code, message: thrown.message }).toEqual({ code, message: thrown.message });
  return thrown;
}
