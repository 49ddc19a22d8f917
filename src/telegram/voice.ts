/** Voice messages: which files of an answer are heard as one. */
import type { Attachment, Part } from '../core/types.js';
import { openSource, toSourceFault } from './transfer.js';

/** The first Ogg page of Opus holds its 27 bytes, one length, and the head: RFC 3533 section 6 and RFC 7845 section 5.1. */
const PAGE = Buffer.from('OggS');
const HEAD = Buffer.from('OpusHead');
const HEAD_AT = 28;
const OPERATION = 'sendVoice';

interface Form {
  readonly kind: Part['kind'];
  readonly attachment?: Attachment;
}

/** The message as its bytes allow it: Ogg may hold other sound than Opus, and a media type is only a claim. Costs a second look at the file. */
export async function inTrueForm<T extends Form>(message: T): Promise<T> {
  const { kind, attachment } = message;
  // A file without bytes fails where it is sent.
  if (kind !== 'voice' || attachment?.open === undefined) return message;
  const head = await firstBytes(attachment.open);
  const isOpus = head.subarray(0, PAGE.length).equals(PAGE) && head.subarray(HEAD_AT, HEAD_AT + HEAD.length).equals(HEAD);
  return isOpus ? message : { ...message, kind: 'document' };
}

async function firstBytes(open: NonNullable<Attachment['open']>): Promise<Buffer> {
  const source = await openSource(OPERATION, { open });
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= HEAD_AT + HEAD.length) break;
    }
  } catch (thrown) {
    throw toSourceFault(OPERATION, thrown);
  } finally {
    source.destroy();
  }
  return bytes;
}
