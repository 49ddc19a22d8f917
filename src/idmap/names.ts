/** Where things lie in the folder of the lowdb store. Names are safe on every file system, those that ignore case included. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BridgeError } from '../core/errors.js';

/** File systems take 255 bytes; what is added to a name needs less than the rest. */
const NAME_LENGTH_MAX = 200;

/** An id as a file name, to be read back with `idOfName`. Throws `invalid` for an id of more than some hundred characters. */
export function nameOf(id: string): string {
  const name = id.replace(/[^a-z0-9_-]/gu, (character) => [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  if (name === '' || name.length > NAME_LENGTH_MAX) {
    throw new BridgeError({ code: 'invalid', operation: 'nameFile', message: `an id of ${id.length} characters cannot be a file name` });
  }
  return name;
}

/** Undefined for a name that `nameOf` does not give. */
export function idOfName(name: string): string | undefined {
  try {
    const id = decodeURIComponent(name);
    return nameOf(id) === name ? id : undefined;
  } catch {
    return undefined;
  }
}

/** For ids of any length that need not be read back from the name. */
export function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 40);
}

/** One of 256 folders: at 100,000 conversations each holds about 400 entries. FNV-1a, 32 bits. */
export function fanOf(id: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  const mixed = (hash ^ (hash >>> 16)) >>> 0;
  return (mixed & 0xff).toString(16).padStart(2, '0');
}

export interface Places {
  readonly root: string;
  readonly temporary: string;
  readonly format: string;
  readonly sweep: string;
  /** There while the map is being rebuilt, and so is not whole. */
  readonly unfinished: string;
  /** The place before that one. */
  readonly previousSweep: string;
  readonly conversations: string;
  readonly buried: string;
  readonly due: string;
  conversation(id: string): { readonly folder: string; readonly path: string };
  /** Page `number` of the older links. */
  linkPage(id: string, number: number): { readonly folder: string; readonly path: string };
  ticket(id: string): { readonly folder: string; readonly path: string };
  dueFolder(id: string): string;
  buriedEntry(id: string): string;
}

export function placesIn(root: string): Places {
  const inFan = (room: string, id: string, name: string): { folder: string; path: string } => {
    const folder = join(root, room, fanOf(id));
    return { folder, path: join(folder, name) };
  };
  return {
    root,
    temporary: join(root, 'tmp'),
    format: join(root, 'format.json'),
    sweep: join(root, 'sweep.json'),
    unfinished: join(root, 'unfinished'),
    previousSweep: join(root, 'sweep.previous.json'),
    conversations: join(root, 'conversations'),
    buried: join(root, 'buried'),
    due: join(root, 'due'),
    conversation: (id) => inFan('conversations', id, `${nameOf(id)}.json`),
    linkPage: (id, number) => inFan('links', id, `${nameOf(id)}.${number}.json`),
    ticket: (id) => inFan('tickets', id, `${digestOf(id)}.json`),
    dueFolder: (id) => join(root, 'due', fanOf(id)),
    buriedEntry: (id) => join(root, 'buried', `${digestOf(id)}.json`),
  };
}
