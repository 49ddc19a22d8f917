/** What belongs here: what the program leaves in its data directory. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findAtRest } from '../e2e/setup.js';

export interface AtRest {
  readonly files: number;
  readonly bytes: number;
  readonly conversations: number;
  readonly links: number;
  /** Work that waits and should not. */
  readonly intents: number;
  readonly due: number;
  readonly buried: number;
  /** Unfinished writes. */
  readonly temporary: number;
  /** Where texts of messages lie: nowhere. */
  readonly texts: readonly string[];
}

const conversationShape = z.object({ state: z.object({ intents: z.array(z.unknown()), due: z.array(z.unknown()) }), links: z.array(z.unknown()), pages: z.number() });
const pageShape = z.object({ links: z.array(z.unknown()) });

/** `folder` is a data directory that no program writes to. */
export async function readAtRest(folder: string, words: readonly string[]): Promise<AtRest> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = { files: paths.length, bytes: 0, conversations: 0, links: 0, intents: 0, due: 0, buried: 0, temporary: 0 };
  for (const path of paths) {
    const room = path.slice(folder.length + 1).split('/')[1];
    found.bytes += (await stat(path)).size;
    if (room === 'buried') found.buried += 1;
    if (room === 'tmp') found.temporary += 1;
    if (room === 'links') found.links += pageShape.parse(JSON.parse(await readFile(path, 'utf8'))).links.length;
    if (room !== 'conversations') continue;
    const { state, links } = conversationShape.parse(JSON.parse(await readFile(path, 'utf8')));
    found.conversations += 1;
    found.links += links.length;
    found.intents += state.intents.length;
    found.due += state.due.length;
  }
  return { ...found, texts: await findAtRest(folder, [], words) };
}
