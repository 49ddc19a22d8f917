/** What belongs here: who writes from Telegram. */
import type { PersonId } from './types.js';

/** Who a person is, as far as Telegram says. */
export interface Person {
  readonly id: PersonId;
  /** First and last name; never empty. */
  readonly name: string;
  /** Without the at sign. */
  readonly username?: string;
  /** What Telegram says of the app's language, an IETF tag such as `ru` or `en-US`. */
  readonly languageTag?: string;
  /** Where anybody with Telegram can write to them. */
  readonly link?: string;
  /** Their own number, digits with a plus sign: only with the message in which they shared it, and only when Telegram says that it is theirs. */
  readonly phone?: string;
}
