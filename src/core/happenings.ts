/** What belongs here: what happened in the bridge, by ids only: these reach logs, metrics and the demo's live view. */
import type { BridgeErrorCode, DeliveryReason } from './errors.js';
import type { ChatEvent, CommentId, ConversationId, Direction, MessageId, Phase, TicketId } from './types.js';

export type BridgeEvent =
  | { readonly type: 'received'; readonly kind: ChatEvent['kind']; readonly conversation: ConversationId; readonly message?: MessageId }
  | { readonly type: 'doorbell'; readonly ticket: TicketId; readonly source: 'webhook' | 'sweep' }
  | { readonly type: 'ticket_opened'; readonly conversation: ConversationId; readonly ticket: TicketId; readonly number: string }
  | { readonly type: 'relayed'; readonly direction: Direction; readonly conversation: ConversationId; readonly ticket: TicketId;
      readonly message: MessageId; readonly comment?: CommentId; readonly lagMs: number; readonly attempt: number }
  | { readonly type: 'retry'; readonly direction: Direction; readonly conversation: ConversationId; readonly operation: string;
      readonly code: BridgeErrorCode; readonly attempt: number; readonly delayMs: number;
      /** The error's own words: which file, which answer. Never text of a message. */
      readonly detail: string }
  | { readonly type: 'buried'; readonly entry: string; readonly direction: Direction; readonly conversation: ConversationId;
      readonly code: BridgeErrorCode; readonly operation: string }
  | { readonly type: 'undelivered'; readonly conversation: ConversationId; readonly ticket: TicketId; readonly comment: CommentId;
      readonly reason: DeliveryReason }
  | { readonly type: 'notice'; readonly kind: string; readonly conversation: ConversationId; readonly ticket?: TicketId }
  | { readonly type: 'status'; readonly conversation: ConversationId; readonly ticket: TicketId; readonly phase: Phase }
  | { readonly type: 'request'; readonly system: 'helpdesk' | 'telegram'; readonly operation: string; readonly durationMs: number;
      readonly code?: BridgeErrorCode }
  | { readonly type: 'outage'; readonly system: 'helpdesk' | 'telegram'; readonly up: boolean; readonly code?: BridgeErrorCode;
      readonly operation?: string }
  | { readonly type: 'lanes'; readonly lanes: number; readonly jobs: number }
  /** A look at Telegram's own queue. `failing`: it could not deliver to the webhook since the look before, or somebody else changed the webhook. */
  | { readonly type: 'queue'; readonly waiting: number; readonly failing: boolean }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string;
      readonly facts?: Readonly<Record<string, string | number | boolean>> };
