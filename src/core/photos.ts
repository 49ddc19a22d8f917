/** What belongs here: the port of profile photos, and what is remembered of one. Each comment is binding. */
import type { Attachment, PersonId } from './types.js';

export interface ProfilePhoto {
  /** The same for as long as the photo is the same; says nothing of what is on it. */
  readonly id: string;
  /** A small picture, of some hundred kilobytes at most. */
  readonly picture: Attachment;
}

export interface ProfilePhotos {
  /** What somebody shows of themselves; undefined when they have no photo, or show it to others only. Throws BridgeError. */
  photoOf(person: PersonId): Promise<ProfilePhoto | undefined>;
}

/** What is known of the requester's profile photo. */
export interface SeenPhoto {
  readonly lookedAtMs: number;
  /** The one that the helpdesk has: an id of Telegram's. Absent = none. */
  readonly id?: string;
}
