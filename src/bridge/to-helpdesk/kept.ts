/** Messages that wait on disk: ids as they are, words sealed; and how they are read back when the words cannot be. */
import mime from 'mime-types';
import type { KeptFile, KeptMessage } from '../../core/conversation.js';
import type { MessageWords, Seal } from '../../core/seal.js';
import type { Attachment, ConversationId, MessageEvent } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';

/** What `toMessage` gives. `readable`: its words are there. */
export interface Reopened {
  readonly event: MessageEvent;
  readonly readable: boolean;
}

const UNKNOWN_TYPE = 'application/octet-stream';

export function toKept({ message: sealer }: Seal, event: MessageEvent): KeptMessage {
  const { kind: _kind, conversation, album: _album, message, sentAtMs, replyTo, person: { id, languageTag, ...person }, content: { text, attachments }, ...around } = event;
  const words: MessageWords = { ...around, person, text, files: attachments.map(({ name, mediaType }) => ({ name, mediaType })) };
  return {
    message, sentAtMs, ...(replyTo !== undefined && { replyTo }), person: { id, ...(languageTag !== undefined && { languageTag }) },
    files: attachments.map(toKeptFile), words: sealer.seal(words, conversation),
  };
}

/** A type of the sender's own making may say anything. */
function toKeptFile({ open: _open, name: _name, ...file }: Attachment): KeptFile {
  return { ...file, mediaType: mime.extension(file.mediaType) === false ? UNKNOWN_TYPE : file.mediaType };
}

/** What an earlier version left in the open, as this one writes it. */
export function withSealedWords({ message: sealer }: Seal, kept: KeptMessage, owner: ConversationId): KeptMessage {
  return typeof kept.words === 'string' ? kept : { ...kept, words: sealer.seal(kept.words, owner) };
}

/** The message with its files. Words that cannot be read are missing; then files are named by `number` and what they are. */
export function toMessage({ seal, files, mapping }: BridgePorts, kept: KeptMessage, conversation: ConversationId, number: number): Reopened {
  const { words: sealed, files: keptFiles, person: { id, languageTag }, ...ids } = kept;
  const words = typeof sealed === 'string' ? seal.message.open(sealed, conversation) : sealed;
  const { person, text, files: named, ...around } = words ?? namelessWords(mapping().label(mapping().agentLocale, 'requester.neutralName', { id }));
  const attachments = keptFiles.map((file, index): Attachment => {
    const { ref } = file;
    return { ...file, ...(named[index] ?? { name: fileName(file, number) }), ...(ref !== undefined && { open: () => files.openKept(ref) }) };
  });
  return {
    event: { kind: 'message', conversation, ...ids, ...around, person: { id, ...(languageTag !== undefined && { languageTag }), ...person }, content: { text, attachments } },
    readable: words !== undefined,
  };
}

function namelessWords(name: string): MessageWords {
  return { person: { name }, text: { text: '', spans: [] }, files: [] };
}

function fileName({ kind, mediaType }: KeptFile, number: number): string {
  return `${kind}_${number}.${mime.extension(mediaType) || 'bin'}`;
}
