/** What belongs here: ports for what Telegram showed before and has to show again. Each comment is binding. */
import type { Readable } from 'node:stream';
import type { FileRef, MessageEvent, MessageId } from './types.js';

/** A message as it is now: with every change that was made before it was read. */
export interface MessageReadAgain extends MessageEvent {
  /** By Telegram's clock, which also tells when a message was changed. */
  readonly readAtMs: number;
}

/** That a message was read again for a replay. */
export interface ReadAgain {
  /** What is filed with what was read: the id of a message, or the key of one of its changes. */
  readonly key: MessageId;
  /** When it was read for the first try that may have landed. */
  readonly atMs: number;
  /** The replay filed it. */
  readonly filed?: true;
}

/** Reads a message of the past again. */
export interface MessageReader {
  /**
   * The message as it came the first time: same ids, same content but for what was changed since. Throws `unsupported` when no operators' chat is configured, `not_found`
   * when Telegram has the message no more, `forbidden` when the chat or the operators' chat does not allow it.
   */
  readAgain(message: MessageId): Promise<MessageReadAgain>;
}

/** Opens files that were kept by their reference only. */
export interface KeptFiles {
  /** As `Attachment.open`. */
  openKept(ref: FileRef): Promise<Readable>;
}
