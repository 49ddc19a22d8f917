/** What belongs here: what an admin's rules decide, as the bridge asks for it. Each comment is binding. */
import type { MailTrim } from './content.js';
import type { RichText } from './rich-text.js';
import type { Agent, Comment, Content, Locale, Person, Phase, Priority, Ticket } from './types.js';
/** What a requester picks before writing. */
export interface TopicChoice {
  readonly id: string;
  readonly title: string;
}

export interface TicketRoute {
  readonly topic: string;
  readonly queue?: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  /** Promised time to the first answer; absent = nothing is promised. */
  readonly answerWithinMinutes?: number;
}

export type TextParameters = Readonly<Record<string, string | number>>;

/** The rules of `mappings/`, compiled: pure functions, replaced as a whole on a reload. */
export interface Mapping {
  readonly locales: readonly Locale[];
  /** What agents read: the language of internal comments that the bridge writes. */
  readonly agentLocale: Locale;
  /** Whether agents are told of reactions. */
  readonly tellsReactions: boolean;
  /** The names of all queues that a route may give. */
  readonly queues: readonly string[];
  /** How long after `solved` a message still goes to that ticket; later it opens a follow-up. */
  readonly reopenWithinMs: number;
  /** From the app's language tag to a locale that has texts. */
  localeOf(languageTag: string | undefined): Locale;
  topics(locale: Locale): readonly TopicChoice[];
  /** Unknown and absent topics give the default route. */
  route(topic: string | undefined): TicketRoute;
  /** What the helpdesk may know of a person: the fields that were chosen, and a neutral name where the name is not among them. */
  profile(person: Person): Person;
  /** Whether the helpdesk may have the profile photo. */
  readonly tellsPhotos: boolean;
  /** One line for the ticket list, from the opening message. */
  subject(content: Content, person: Person, locale: Locale): string;
  /** What the helpdesk's status means here. */
  phaseOf(ticket: Ticket): Phase;
  /** What the requester reads of an answer: the agent shown as the mapping says, the ticket named when `several` are open. */
  toContent(comment: Comment, ticket: Ticket, view: { readonly locale: Locale; readonly several: boolean }): Content;
  /** What of an answer written by mail is left out. */
  readonly mailTrim: MailTrim;
  /** How the mapping shows an agent; undefined = not at all. */
  agentName(agent: Agent | undefined): string | undefined;
  /** A text of `mappings/texts/`; `{{name}}` filled from `parameters`; falls back to the default locale. */
  text(locale: Locale, key: string, parameters?: TextParameters): RichText;
  /** The same without marks, for buttons. */
  label(locale: Locale, key: string, parameters?: TextParameters): string;
}
