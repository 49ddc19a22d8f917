/** What belongs here: ids, links and states with everything that they may hold, and short ways to write and read them. */
import type { ConversationChange, KeptMessage, Link, PendingAlbum, TicketEntry, ToldReaction } from '../../src/core/conversation.js';
import type { ConversationSession, IdMap } from '../../src/core/ports.js';
import type { MessageWords } from '../../src/core/seal.js';
import { mintId, type AlbumId, type CommentId, type ConversationId, type FileRef, type MessageId, type PersonId, type TicketId } from '../../src/core/types.js';
import { createSeal } from '../../src/idmap/seal.js';

export const conversationId = (name: string): ConversationId => mintId<ConversationId>(`tg:1:${name}`);
export const messageId = (name: string | number): MessageId => mintId<MessageId>(`tg:1:5:${name}`);
export const ticketId = (name: string | number): TicketId => mintId<TicketId>(String(name));
export const commentId = (name: string | number): CommentId => mintId<CommentId>(String(name));

export function ticketEntry(name: string | number, extra: Partial<TicketEntry> = {}): TicketEntry {
  return { ticket: ticketId(name), number: String(name), phase: 'open', phaseSinceMs: 1, toldPhase: 'open', openedAtMs: 1, ...extra };
}

export function link(ticket: string | number, comment: string | number | undefined, message: string | number | undefined, part = 0): Link {
  return {
    ticket: ticketId(ticket), part,
    ...(comment === undefined ? {} : { comment: commentId(comment) }),
    ...(message === undefined ? {} : { message: messageId(message) }),
  };
}

export const WORDS_OF_ALBUM: MessageWords = {
  person: { name: 'A person', username: 'person', link: 'https://t.me/person', phone: '+77010000000' },
  text: { text: 'a caption', spans: [{ type: 'bold', offset: 0, length: 1 }, { type: 'pre', language: 'ts', offset: 2, length: 7 }] },
  files: [{ name: 'a.mp3', mediaType: 'audio/mpeg' }],
  about: { key: 'kind.audio', parameters: { title: 'a song', duration: 6 }, items: ['an item'], link: 'https://example.org' }, origin: [{ key: 'forward.person', parameters: { name: 'B' } }],
  quoted: { head: { key: 'quote.own' }, text: { text: 'a quote', spans: [] }, line: { key: 'kind.photo' } },
};
export const SEAL = createSeal('1:a-token-that-is-not-on-this-disk');

/** An album with every field that one may have: its words sealed, and in the open as earlier versions left them. */
export function pendingAlbum(conversation: ConversationId): PendingAlbum {
  const full: KeptMessage = {
    message: messageId(7), sentAtMs: 3, replyTo: messageId(2), person: { id: mintId<PersonId>('tg:5'), languageTag: 'kk' }, words: SEAL.message.seal(WORDS_OF_ALBUM, conversation),
    files: [{ kind: 'audio', mediaType: 'audio/mpeg', sizeBytes: 5, durationSeconds: 6, ref: mintId<FileRef>('a file id'), inline: { offset: 3 } }],
  };
  const bare: KeptMessage = {
    message: messageId(8), sentAtMs: 4, person: { id: mintId<PersonId>('tg:5') }, files: [{ kind: 'photo', mediaType: 'image/jpeg' }],
    words: SEAL.message.seal({ person: { name: 'A person' }, text: { text: '', spans: [] }, files: [{ name: 'b.jpg', mediaType: 'image/jpeg' }] }, conversation),
  };
  return { album: mintId<AlbumId>('g1'), items: [full, bare, { ...full, message: messageId(9), words: WORDS_OF_ALBUM }], closed: true };
}

export function reactionsOf(conversation: ConversationId): readonly ToldReaction[] {
  return [
    { message: messageId(1), toldAtMs: 5, changedAtMs: 4 }, { message: messageId(2), toldAtMs: 5, changedAtMs: 4, waiting: SEAL.emoji.seal(['👍', ''], conversation) },
    { message: messageId(3), toldAtMs: 5, changedAtMs: 4, waiting: ['🔥'] },
  ];
}

export const commit = (idMap: IdMap, conversation: ConversationId, change: ConversationChange): Promise<void> =>
  idMap.withConversation(conversation, (session) => session.commit(change));
export const stateOf = (idMap: IdMap, conversation: ConversationId): Promise<ConversationSession['state']> =>
  idMap.withConversation(conversation, (session) => Promise.resolve(session.state));
export const messageLink = (idMap: IdMap, conversation: ConversationId, message: string | number): Promise<Link | undefined> =>
  idMap.withConversation(conversation, (session) => session.linkOfMessage(messageId(message)));
export const commentLinks = (idMap: IdMap, conversation: ConversationId, ticket: string | number, comment: string | number): Promise<readonly Link[]> =>
  idMap.withConversation(conversation, (session) => session.linksOfComment(ticketId(ticket), commentId(comment)));
