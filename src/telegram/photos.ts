/** Profile photos, by the method that gives them: https://core.telegram.org/bots/api#getuserprofilephotos (10.1). */
import { z } from 'zod';
import type { ProfilePhotos } from '../core/photos.js';
import type { TelegramClient } from './client.js';
import { findUserOf } from './ids.js';
import { lostConnection } from './refusals.js';
import { bounded } from './transfer.js';

/** Sharp at the size of an avatar on a screen of double density; Telegram keeps photos of 160, 320 and 640 pixels. */
const SIDE_MIN = 160;
/** A photo of 640 by 640 has a tenth of it. */
const PHOTO_BYTES_MAX = 1024 * 1024;

const sizeSchema = z.object({ file_id: z.string(), file_unique_id: z.string(), width: z.number(), height: z.number(), file_size: z.number().optional() });
const answerSchema = z.object({ photos: z.array(z.array(sizeSchema)) });
type Size = z.infer<typeof sizeSchema>;

export function createProfilePhotos(client: Pick<TelegramClient, 'call' | 'openFile'>): ProfilePhotos {
  const method = 'getUserProfilePhotos';
  return {
    async photoOf(person) {
      const user = findUserOf(person);
      if (user === undefined || user <= 0) return undefined;
      const answer = answerSchema.safeParse(await client.call(method, { user_id: user, limit: 1 }));
      if (!answer.success) throw lostConnection(method, 'an answer without photos');
      const size = fittest(answer.data.photos[0] ?? []);
      if (size === undefined) return undefined;
      const open = async () => bounded(await client.openFile(size.file_id), PHOTO_BYTES_MAX, 'openPhoto');
      return {
        id: size.file_unique_id,
        picture: { kind: 'photo', name: 'avatar.jpg', mediaType: 'image/jpeg', open, ...(size.file_size === undefined ? {} : { sizeBytes: size.file_size }) },
      };
    },
  };
}

/** The smallest that is large enough, else the largest. */
function fittest(sizes: readonly Size[]): Size | undefined {
  const rising = [...sizes].sort((a, b) => sideOf(a) - sideOf(b));
  return rising.find((size) => sideOf(size) >= SIDE_MIN) ?? rising.at(-1);
}

function sideOf({ width, height }: Size): number {
  return Math.min(width, height);
}
