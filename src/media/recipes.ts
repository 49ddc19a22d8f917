/** What belongs here: making files that browsers play out of files that they do not. This file: which of them, and how. Pure. */
import type { Attachment, AttachmentKind } from '../core/types.js';

/** How one kind of file is read, and what is made of it. */
export interface Recipe {
  /** The only container and the only codecs that are tried: what calls itself sound must not be read as a playlist of other files. */
  readonly container: string;
  readonly codecs: readonly string[];
  /** From the input to the output, without names. */
  readonly output: readonly string[];
  readonly kind: AttachmentKind;
  readonly extension: string;
  readonly mediaType: string;
}

/** https://ffmpeg.org/ffmpeg-formats.html#mov_002c-mp4_002c-ismv: `ipod` is MP4 for sound; the index first, so that it plays while it loads. */
const toM4a = (...quality: readonly string[]): Pick<Recipe, 'output' | 'kind' | 'extension' | 'mediaType'> => ({
  output: ['-map', '0:a:0', '-map_metadata', '-1', '-c:a', 'aac', ...quality, '-movflags', '+faststart', '-f', 'ipod'],
  kind: 'audio', extension: 'm4a', mediaType: 'audio/mp4',
});
const SPEECH = toM4a('-b:a', '64k', '-ac', '1');
const MUSIC = toM4a('-b:a', '160k', '-ac', '2');
const OGG = { container: 'ogg', codecs: ['opus', 'libopus', 'vorbis', 'libvorbis', 'flac'] };
const FLAC = { container: 'flac', codecs: ['flac'] };

const BY_MEDIA_TYPE: Readonly<Record<string, Recipe>> = {
  'audio/ogg': { ...OGG, ...MUSIC }, 'audio/opus': { ...OGG, ...MUSIC }, 'application/ogg': { ...OGG, ...MUSIC },
  'audio/flac': { ...FLAC, ...MUSIC }, 'audio/x-flac': { ...FLAC, ...MUSIC },
  'audio/amr': { container: 'amr', codecs: ['amrnb', 'amrwb', 'libopencore_amrnb', 'libopencore_amrwb'], ...SPEECH },
};
/** One picture of a sticker that moves. */
const STILL: Recipe = {
  container: 'matroska', codecs: ['vp9', 'libvpx-vp9', 'vp8', 'libvpx'],
  output: ['-map', '0:v:0', '-frames:v', '1', '-c:v', 'png', '-update', '1', '-f', 'image2'],
  kind: 'sticker', extension: 'png', mediaType: 'image/png',
};

/** What to make of a file; undefined when it plays as it is, or nothing can be made of it. A video note is MP4, which plays. */
export function recipeFor({ kind, mediaType }: Pick<Attachment, 'kind' | 'mediaType'>): Recipe | undefined {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (kind === 'sticker') return type === 'video/webm' ? STILL : undefined;
  if (kind === 'voice' && Object.hasOwn(BY_MEDIA_TYPE, type)) return { ...OGG, ...SPEECH };
  return Object.hasOwn(BY_MEDIA_TYPE, type) ? BY_MEDIA_TYPE[type] : undefined;
}
