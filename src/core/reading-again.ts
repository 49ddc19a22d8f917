/** What belongs here: ports for what Telegram showed before and has to show again. Each comment is binding. */
import type { Readable } from 'node:stream';
import type { FileRef, MessageEvent, MessageId } from './types.js';

/** Reads a message of the past again. */
export interface MessageReader {
  /**
   * The message as it came the first time: same ids, same content. Throws `unsupported` when no operators' chat is configured, `not_found`
   * when Telegram has the message no more, `forbidden` when the chat or the operators' chat does not allow it.
   */
  readAgain(message: MessageId): Promise<MessageEvent>;
}

/** Opens files that were kept by their reference only. */
export interface KeptFiles {
  /** As `Attachment.open`. */
  openKept(ref: FileRef): Promise<Readable>;
}
