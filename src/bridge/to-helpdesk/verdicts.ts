/** What agents are told on the ticket: internal comments in the bridge's own name, each written once. */
import type { TextParameters } from '../../core/mapping.js';
import { entryOf, type ConversationState } from '../../core/conversation.js';
import type { ConversationSession } from '../../core/ports.js';
import { joinTexts, type RichText } from '../../core/rich-text.js';
import { mintId, type CommentDraft, type CommentId, type ConversationId, type MessageId, type TicketId } from '../../core/types.js';
import { toBridgeError, type DeliveryReason } from '../../core/errors.js';
import type { BridgePorts } from '../ports.js';
import { writeOnce } from './write-once.js';

/**
 * A delivery reason: the answer did not arrive. `delayed`: Telegram has not taken it for long, the bridge tries on. `delivered`: what
 * the agent was told of has arrived after all. `not_changed`, `not_withdrawn`: what was sent stays as it is, though the comment is another or gone.
 * `not_reacted`: the requester does not see a reaction.
 * `left`, `returned`: the requester blocked the bot, or came back. `stranger`: whom an agent opened a ticket for never wrote to the bot.
 */
export type VerdictKind = DeliveryReason | 'delayed' | 'delivered' | 'not_changed' | 'not_withdrawn' | 'not_reacted' | 'left' | 'returned' | 'stranger';

/** Verdicts that are a text of their own, and not a reason why an answer did not arrive. */
const OWN_TEXTS: readonly string[] = ['delivered', 'not_changed', 'not_withdrawn', 'not_reacted', 'left', 'returned', 'stranger'] satisfies VerdictKind[];

export interface Verdict {
  readonly kind: VerdictKind;
  /** The comment, or the moment, that it is about: with conversation and kind its idempotency key. */
  readonly about: string;
  readonly parameters?: TextParameters;
}

/**
 * Tells the agent by an internal comment, once for each verdict. Throws what the ports throw; a ticket that is gone or takes no comments is
 * no error.
 */
export async function tellAgent(ports: BridgePorts, session: ConversationSession, ticket: TicketId, verdict: Verdict): Promise<void> {
  await putOnce(ports, session, ticket, verdictId(session.state.conversation, verdict), async () => toText(ports, verdict));
}

/**
 * Puts an internal comment on the ticket, once for each `key`; `toWords` is asked only when it is not there. Throws what the ports throw; a
 * ticket that is gone or takes no comments is no error.
 */
export async function putOnce(
  ports: BridgePorts, session: ConversationSession, ticket: TicketId, key: MessageId, toWords: () => Promise<RichText>,
  more: Pick<CommentDraft, 'isNote'> = {},
): Promise<void> {
  const find = async () => ports.connector.findComment?.(ticket, key);
  try {
    // Unlike a message, this has no link that says "done": so look always. It is rare.
    if (await find() === undefined) {
      const text = await toWords();
      await writeOnce(ports, session, {
        message: key, ticket, find,
        write: () => ports.connector.addComment(ticket, { externalId: key, visibility: 'internal', from: 'bridge', content: { text, attachments: [] }, ...more }),
      });
    }
  } catch (thrown) {
    const error = toBridgeError(thrown, 'tellAgent');
    if (error.code !== 'not_found' && error.code !== 'conflict') throw error;
    ports.emit({ type: 'log', level: 'warn', message: 'the agent could not be told', facts: { ticket, key } });
  }
  // Also when it was found, or the ticket is gone: an earlier try may have left an intent.
  await settle(session, key);
}

/** A verdict that is not to be told any more: an earlier try may have left an intent. */
export async function dropVerdict(session: ConversationSession, verdict: Pick<Verdict, 'kind' | 'about'>): Promise<void> {
  await settle(session, verdictId(session.state.conversation, verdict));
}

async function settle(session: ConversationSession, key: MessageId): Promise<void> {
  if (session.state.intents.some((intent) => intent.message === key)) await session.commit({ settled: [key] });
}

function toText(ports: BridgePorts, { kind, parameters }: Verdict): RichText {
  const mapping = ports.mapping();
  const line = (key: string): RichText => mapping.text(mapping.agentLocale, key, parameters);
  if (OWN_TEXTS.includes(kind)) return line(`verdict.${kind}`);
  return joinTexts([line('undelivered.title'), line(`undelivered.${kind}`)], '\n');
}

/** Whether this key, of an intent, is that of a verdict about an answer. */
export function isWordOfAnswer(key: MessageId): boolean {
  return isVerdict(key) && !OWN_TEXTS.includes(kindOf(key));
}

/** Whether this key, of an intent, is that of any verdict. */
export function isVerdict(key: MessageId): boolean {
  return key.startsWith('verdict:');
}

const OF_CHANGES: readonly string[] = ['not_changed', 'not_withdrawn', 'not_reacted'] satisfies VerdictKind[];

/**
 * The verdicts about changes on this ticket that an earlier try left an intent of. Once all changes are carried over nobody tries them again:
 * the change may have arrived since, or was told of under the key of a later reading.
 */
export function verdictsOfChanges(state: ConversationState, ticket: TicketId): readonly MessageId[] {
  return state.intents
    .filter((intent) => isVerdict(intent.message) && OF_CHANGES.includes(kindOf(intent.message)) && entryOf(state, intent.ticket)?.ticket === ticket)
    .map(({ message }) => message);
}

function kindOf(key: MessageId): string {
  return key.slice(key.lastIndexOf(':') + 1);
}

/** What a verdict on an answer to this conversation said, read back from its key; undefined = not one. */
export function readVerdict(key: MessageId, conversation: ConversationId): { readonly kind: string; readonly about: CommentId } | undefined {
  const start = `verdict:${conversation}:`;
  const end = key.lastIndexOf(':');
  if (!key.startsWith(start) || end < start.length) return undefined;
  return { kind: key.slice(end + 1), about: mintId<CommentId>(key.slice(start.length, end)) };
}

/** The idempotency key of a verdict. It stands where a message's id stands, because the helpdesk keeps both in the same field. */
export function verdictId(conversation: ConversationId, { kind, about }: Pick<Verdict, 'kind' | 'about'>): MessageId {
  return mintId<MessageId>(`verdict:${conversation}:${about}:${kind}`);
}
