/** Opens the converter of sound and pictures, when there is ffmpeg. */
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { MediaConverter } from '../core/media.js';
import type { Diagnosis, Emit } from '../core/ports.js';
import { createMediaConverter } from '../media/converter.js';
import { createFfmpeg, findFfmpeg } from '../media/ffmpeg.js';

/** Undefined = files go as they are: that is no reason not to start. */
export async function openMedia({ dataDir, media }: Config, emit: Emit): Promise<MediaConverter | undefined> {
  const program = findFfmpeg(media.ffmpeg);
  const { ok, finding } = diagnoseMedia({ media });
  emit({ type: 'log', level: ok ? 'info' : 'warn', message: `voice messages: ${finding}` });
  if (program === undefined) return undefined;
  try {
    return await createMediaConverter({ folder: join(dataDir, 'converting'), convert: createFfmpeg(program), emit });
  } catch {
    emit({ type: 'log', level: 'warn', message: 'voice messages go as they are: the folder for converting cannot be made' });
    return undefined;
  }
}

/** Only a path that leads nowhere is a mistake. */
export function diagnoseMedia({ media }: Pick<Config, 'media'>): Diagnosis {
  const subject = 'voice messages';
  const program = findFfmpeg(media.ffmpeg);
  if (program !== undefined) return { subject, ok: true, finding: `made playable in any browser by ${program}` };
  const asTheyCome = 'they go to the helpdesk as they come (Ogg/Opus)';
  if (media.ffmpeg === 'off') return { subject, ok: true, finding: `${asTheyCome}; conversion is off` };
  if (media.ffmpeg === 'auto') return { subject, ok: true, finding: `${asTheyCome}; ffmpeg is not installed` };
  return { subject, ok: false, finding: `${asTheyCome}; there is no ffmpeg at ${media.ffmpeg}`, advice: 'correct media.ffmpeg (MEDIA_FFMPEG), or set it to auto' };
}
