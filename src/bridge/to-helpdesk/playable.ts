/** Files that agents can see and hear: copies stand before the originals for as long as they are written. */
import type { Content } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';

/** Converts before the write begins: an intent is stamped with the time until which its request may land, and conversion would eat of it. */
export async function withPlayable<T>({ connector, media }: BridgePorts, content: Content, write: (content: Content) => Promise<T>): Promise<T> {
  if (media === undefined || content.attachments.length === 0) return write(content);
  const playable = await media.toPlayable(content, connector.capabilities.attachmentBytesMax);
  try {
    return await write(playable.content);
  } finally {
    await playable.release();
  }
}
