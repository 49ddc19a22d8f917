/** The port of what makes copies of files; binding as those in ports.ts. */
import type { Content } from './types.js';

/** Content with copies, which are there until `release`. */
export interface Playable {
  readonly content: Content;
  /** Never throws. */
  release(): Promise<void>;
}

/** Makes copies of files that people could not see or hear where an agent reads them. */
export interface MediaConverter {
  /** Puts a copy before each file that needs one. Never throws: what cannot be converted goes as it is. Nothing made is over `limitBytes`. */
  toPlayable(content: Content, limitBytes: number): Promise<Playable>;
}
