/** What belongs here: pure conversions from the desk's words to ours. */
import type { Readable } from 'node:stream';
import type { ChangeCursor, CommentChange } from '../../core/changes.js';
import { safeFileName } from '../../core/file-name.js';
import type { ListedTicket } from '../../core/ports.js';
import {
  mintId, type Attachment, type AttachmentKind, type Comment, type CommentId, type CommentOrigin, type ConversationId, type MessageId, type PersonId, type RequesterId,
  type Ticket, type TicketId,
} from '../../core/types.js';
import type { HttpClient } from '../../http/client.js';
import { fromHtml } from '../../markup/from-html.js';
import { placePictures } from '../../markup/pictures.js';
import { checkSize, type ApiComment, type ApiFile, type ApiListedTicket, type ApiTicket } from './api.js';

export interface Addresses {
  /** The agent page, with its slash. */
  readonly page: string;
  /** For files, which are opened later. */
  readonly http: HttpClient;
}

/** Everything that came with our token is ours, whomever it speaks for. */
const ORIGIN_BY_AUTHOR: Readonly<Record<ApiComment['author']['kind'], CommentOrigin>> = {
  agent: 'agent', requester: 'bridge', bridge: 'bridge', system: 'system',
};

export function toTicket(ticket: ApiTicket, { page }: Addresses): Ticket {
  const { id, number, subject, status, queue, assignee, externalId, conversation, requester, commentsSeq } = ticket;
  return {
    id: mintId<TicketId>(id), number, subject, status, phase: status, queue, url: `${page}#/tickets/${id}`,
    ...(assignee === undefined ? {} : { assignee }),
    ...(externalId === undefined ? {} : { externalId: mintId<MessageId>(externalId) }),
    ...(conversation === undefined ? {} : { conversation: mintId<ConversationId>(conversation) }),
    ...(requester === undefined ? {} : { requester: mintId<RequesterId>(requester.id) }),
    ...(conversation !== undefined || externalId !== undefined || requester?.personId === undefined ? {} : { person: mintId<PersonId>(requester.personId) }),
    ...(commentsSeq === undefined ? {} : { changes: mintId<ChangeCursor>(String(commentsSeq)) }),
  };
}

export function toListedTicket(ticket: ApiListedTicket, addresses: Addresses): ListedTicket {
  const { mergedInto, overSinceMs } = ticket;
  return {
    ...toTicket(ticket, addresses),
    ...(mergedInto === undefined ? {} : { mergedInto: mintId<TicketId>(mergedInto) }),
    ...(overSinceMs === undefined ? {} : { overSinceMs }),
  };
}

export function toComment(comment: ApiComment, { http }: Addresses): Comment {
  const { id, ticket, visibility, author, createdAtMs, html, externalId, files, inReplyTo } = comment;
  // Whoever writes on the desk's own page quotes on purpose and signs by hand: nothing is trimmed.
  const content = placePictures(fromHtml(html, { trimQuotes: false, trimSignature: false }), files.map((file) => ({ attachment: toAttachment(file, http), contentId: file.id })));
  return {
    id: mintId<CommentId>(id), ticket: mintId<TicketId>(ticket), visibility, origin: ORIGIN_BY_AUTHOR[author.kind], createdAtMs,
    content,
    ...(author.kind === 'agent' ? { author: { id: author.id, name: author.name } } : {}),
    ...(externalId === undefined ? {} : { externalId: mintId<MessageId>(externalId) }),
    ...(inReplyTo === undefined ? {} : { inReplyTo: toReplied(inReplyTo) }),
  };
}

function toReplied({ id, externalId }: NonNullable<ApiComment['inReplyTo']>): NonNullable<Comment['inReplyTo']> {
  return { comment: mintId<CommentId>(id), ...(externalId === undefined ? {} : { externalId: mintId<MessageId>(externalId) }) };
}

export function toChange(comment: ApiComment, addresses: Addresses): CommentChange {
  const { id, ticket, author, deleted, reaction } = comment;
  if (deleted === true) return { kind: 'deleted', ticket: mintId<TicketId>(ticket), comment: mintId<CommentId>(id) };
  // Nobody changes the words of a customer, so a reaction is what is new of them.
  if (author.kind === 'requester' && reaction !== undefined) return { kind: 'reacted', comment: toComment(comment, addresses), ...(reaction.emoji !== undefined && { emoji: reaction.emoji }) };
  return { kind: 'changed', comment: toComment(comment, addresses) };
}

function toAttachment(file: ApiFile, http: HttpClient): Attachment {
  const { id, name, mediaType, sizeBytes, durationSeconds } = file;
  const open = async (): Promise<Readable> => {
    const { stream } = await http.open({ operation: 'openFile', method: 'GET', path: `/files/${encodeURIComponent(id)}`, headers: { accept: '*/*' } });
    return checkSize(stream, sizeBytes, 'openFile');
  };
  return { kind: kindOf(mediaType), name: safeFileName(name, 'file'), mediaType, sizeBytes, open, ...(durationSeconds === undefined ? {} : { durationSeconds }) };
}

/** How Telegram shows such a file best. */
function kindOf(mediaType: string): AttachmentKind {
  if (mediaType === 'image/gif') return 'animation';
  if (/^image\/(png|jpeg|webp)$/.test(mediaType)) return 'photo';
  if (mediaType === 'video/mp4') return 'video';
  return /^audio\/(mpeg|mp3|mp4|x-m4a|aac)$/.test(mediaType) ? 'audio' : 'document';
}
