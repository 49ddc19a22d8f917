/** What the Bot API's refusals mean. Descriptions are English and stable in the server's source, but they may quote a message: they never leave this file. */
import { z } from 'zod';
import { BridgeError, type BridgeErrorCode, type BridgeErrorFacts, type DeliveryReason } from '../core/errors.js';

/** What this room itself can do something about. */
export type RefusalKind =
  | 'chat_migrated' | 'entities' | 'photo' | 'voice' | 'query_too_old' | 'webhook_set' | 'other_poller' | 'message_gone' | 'protected' | 'not_modified' | 'fixed'
  | 'other';

/** Telegram said no. */
export class TelegramRefusal extends BridgeError {
  readonly kind: RefusalKind;
  /** The chat's new id, for `chat_migrated`. */
  readonly migrateToChat: number | undefined;

  constructor(facts: BridgeErrorFacts, kind: RefusalKind, migrateToChat?: number) {
    super(facts);
    this.name = 'TelegramRefusal';
    this.kind = kind;
    this.migrateToChat = migrateToChat;
  }
}

/** The body of a refusal; `ok` is false or absent. */
export const refusalSchema = z.object({
  error_code: z.number().int(),
  description: z.string().catch(''),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().int().optional() }).optional().catch(undefined),
});
export type RefusalBody = z.infer<typeof refusalSchema>;

interface Rule {
  readonly test: RegExp;
  readonly code?: BridgeErrorCode;
  readonly reason?: DeliveryReason;
  readonly kind?: RefusalKind;
}

/** In order; the first that fits wins. Sources: tdlib/telegram-bot-api Client.cpp and Query.h (server 10.0), and the errors of MTProto it passes on. */
const RULES: readonly Rule[] = [
  { test: /message is not modified|MESSAGE_NOT_MODIFIED/iu, code: 'conflict', kind: 'not_modified' },
  { test: /message to (edit|delete|react) not found|MESSAGE_ID_INVALID/iu, code: 'not_found', kind: 'message_gone' },
  { test: /message can't be (edited|deleted)|there is no (text|caption) in the message to edit|MESSAGE_(EDIT_TIME_EXPIRED|DELETE_FORBIDDEN|AUTHOR_REQUIRED)/iu, code: 'conflict', kind: 'fixed' },
  { test: /bot was blocked by the user|can't initiate conversation|user is a bot|USER_IS_BLOCKED/iu, code: 'forbidden', reason: 'blocked' },
  { test: /user is deactivated|INPUT_USER_DEACTIVATED/iu, code: 'forbidden', reason: 'deactivated' },
  { test: /bot was kicked|bot is not a member|group chat was (deleted|deactivated)|CHANNEL_PRIVATE/iu, code: 'forbidden', reason: 'chat_gone' },
  { test: /chat not found|user not found|PEER_ID_INVALID|CHAT_ID_INVALID|message thread not found|TOPIC_DELETED|TOPIC_ID_INVALID/iu, code: 'invalid', reason: 'chat_gone' },
  { test: /VOICE_MESSAGES_FORBIDDEN/iu, code: 'forbidden', reason: 'not_allowed', kind: 'voice' },
  { test: /no rights to|not enough rights|_FORBIDDEN\b|CHAT_RESTRICTED|TOPIC_CLOSED|need administrator rights/iu, code: 'forbidden', reason: 'not_allowed' },
  { test: /PEER_FLOOD/iu, code: 'forbidden', reason: 'flood' },
  { test: /file is too big|entity too large|FILE_PARTS_INVALID/iu, code: 'invalid', reason: 'too_big' },
  { test: /PHOTO_|IMAGE_PROCESS_FAILED|photo should be|too big for a photo|wrong type of the web page content/iu, code: 'invalid', reason: 'rejected', kind: 'photo' },
  { test: /wrong file_id|file is temporarily unavailable|wrong remote file/iu, code: 'invalid', reason: 'file_unavailable' },
  { test: /entit(y|ies)|ENTITY_|parse_mode/iu, code: 'invalid', reason: 'rejected', kind: 'entities' },
  { test: /query is too old|query ID is invalid|QUERY_ID_INVALID/iu, code: 'invalid', kind: 'query_too_old' },
  { test: /webhook is active/iu, code: 'conflict', kind: 'webhook_set' },
  { test: /terminated by other/iu, code: 'conflict', kind: 'other_poller' },
  { test: /method not found/iu, code: 'unsupported' },
  { test: /message to forward not found/iu, code: 'not_found', kind: 'message_gone' },
  { test: /can't be forwarded|FORWARDS_RESTRICTED/iu, code: 'forbidden', kind: 'protected' },
];

const CODE_BY_STATUS: Readonly<Record<number, BridgeErrorCode>> = {
  // A token of the wrong form gives a bare 404.
  401: 'unauthorized', 404: 'unauthorized', 403: 'forbidden', 409: 'conflict', 413: 'invalid', 429: 'rate_limited',
};

/** A wait that Telegram asked for without saying how long. */
const RETRY_AFTER_DEFAULT_SECONDS = 5;

/** Turns an answer with `ok: false` into an error by the table above. Pure. */
export function toRefusal(operation: string, body: RefusalBody): TelegramRefusal {
  const { error_code: status, description, parameters } = body;
  const rule = RULES.find((candidate) => candidate.test.test(description));
  const base = { operation, status, message: `${operation}: Telegram answered ${status}${summary(description, rule)}` };
  if (parameters?.migrate_to_chat_id !== undefined) {
    return new TelegramRefusal({ ...base, code: 'invalid', reason: 'chat_gone' }, 'chat_migrated', parameters.migrate_to_chat_id);
  }
  if (status === 429) {
    const seconds = parameters?.retry_after ?? RETRY_AFTER_DEFAULT_SECONDS;
    return new TelegramRefusal({ ...base, code: 'rate_limited', retryAfterMs: seconds * 1000, scope: 'conversation' }, 'other');
  }
  if (status >= 500) return new TelegramRefusal({ ...base, code: 'unavailable', effect: 'unknown' }, 'other');
  const reason = rule === undefined ? reasonByStatus(status) : rule.reason;
  return new TelegramRefusal({
    ...base, code: rule?.code ?? CODE_BY_STATUS[status] ?? 'invalid', ...(reason === undefined ? {} : { reason }),
  }, rule?.kind ?? 'other');
}

function reasonByStatus(status: number): DeliveryReason | undefined {
  if (status === 413) return 'too_big';
  if (status === 403) return 'not_allowed';
  return status === 400 ? 'rejected' : undefined;
}

/** What the server says besides, of which nothing follows for us but that people know it. */
const KNOWN = /message is too long|message (text|caption) is (empty|too long)|text must be non-empty|message to (be replied|edit|delete|react) not found|message is not modified|button_[a-z_]+ invalid|reply markup is too long|method is available only|group chat was upgraded|too many requests|bad gateway|internal server error|unauthorized/iu;
/** A code of MTProto that the server passes on. */
const CODE = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/u;
const SUMMARY_LENGTH_MAX = 80;

/** Only words that stand in this file, or a code: the rest of a description may quote a message. */
function summary(description: string, rule: Rule | undefined): string {
  const words = CODE.exec(description)?.[0] ?? rule?.test.exec(description)?.[0] ?? KNOWN.exec(description)?.[0];
  return words === undefined ? '' : ` (${words.slice(0, SUMMARY_LENGTH_MAX)})`;
}

/** No connection came about, so nothing was done. */
const NO_CONNECTION = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/** There was no answer. `why` is a code, never a message. */
export function lostConnection(operation: string, why: string): BridgeError {
  const unsent = NO_CONNECTION.has(why);
  return new BridgeError({
    code: 'unavailable', operation, effect: unsent ? 'none' : 'unknown',
    message: unsent ? `${operation}: no connection to Telegram (${why})` : `${operation}: no usable answer from Telegram (${why})`,
  });
}
