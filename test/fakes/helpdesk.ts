/** A helpdesk in memory, with faults on demand: the reference behaviour of the port, for tests of the bridge. */
import type { ChangeCursor, CommentChange } from '../../src/core/changes.js';
import type { HelpdeskCapabilities, HelpdeskConnector } from '../../src/core/ports.js';
import { BridgeError } from '../../src/core/errors.js';
import { plainText } from '../../src/core/rich-text.js';
import { equalSecrets, signHmac } from '../../src/http/signature.js';
import {
  mintId, type Comment, type CommentDraft, type CommentId, type Content, type Doorbell, type Phase, type RequesterId,
  type Attachment, type Person, type PersonId, type RawRequest, type SweepCursor, type Ticket, type TicketDraft, type TicketId,
} from '../../src/core/types.js';

/** `before`: fails with no effect. `after`: takes effect, then the answer is lost. `late`: takes effect when `landLate` is called. */
export type Fault = 'before' | 'after' | 'late' | BridgeError;

/** Tickets in one page of a listing. */
const LISTED_MAX = 3;

interface Row {
  ticket: Ticket;
  comments: Comment[];
  /** By comment, and by the reaction of a comment, each with its number. */
  changes: Map<string, { readonly serial: number; readonly change: CommentChange }>;
  mergedInto?: TicketId;
}

export interface FakeHelpdesk {
  readonly connector: HelpdeskConnector;
  /** The next calls of this operation fail so, one fault for each call. */
  fail(operation: 'createTicket' | 'addComment' | 'getTicket' | 'commentsAfter' | 'changesAfter' | 'changedSince' | 'findComment' | 'findTicket' | 'listTickets' | 'upsertRequester' | 'setAvatar' | 'reportDelivered', ...faults: Fault[]): void;
  landLate(): void;
  calls: Record<string, number>;
  /** What was reported as delivered, by comment: since when. */
  readonly delivered: ReadonlyMap<CommentId, number>;
  /** What was told of requesters, in order. */
  readonly told: readonly Person[];
  /** Pictures that were shown with requesters, in order; undefined = taken away. */
  readonly avatars: readonly (readonly [RequesterId, Attachment | undefined])[];
  tickets(): readonly Ticket[];
  comments(ticket?: TicketId): readonly Comment[];
  agentSays(ticket: TicketId, text: string, options?: { visibility?: 'public' | 'internal'; content?: Content; inReplyTo?: Comment['inReplyTo'] }): CommentId;
  /** An agent opens a ticket for a person. */
  agentOpens(person: PersonId, text: string, visibility?: 'public' | 'internal'): TicketId;
  setPhase(ticket: TicketId, phase: Phase): void;
  setVisibility(comment: CommentId, visibility: 'public' | 'internal'): void;
  /** The comment is gone. */
  erase(comment: CommentId): void;
  /** What a webhook of this helpdesk looks like: signed with the secret, or with what a forger guesses. `typing`: an agent writes, or stopped. */
  webhookOf(ticket: TicketId, secret?: string, typing?: boolean): RawRequest;
  edit(comment: CommentId, text: string): void;
  /** An agent reacts to any comment; without an emoji, takes it back. */
  react(comment: CommentId, emoji?: string): void;
  merge(from: TicketId, into: TicketId): void;
  remove(ticket: TicketId): void;
}

export interface FakeHelpdeskOptions {
  readonly idempotency?: HelpdeskCapabilities['idempotency'];
  readonly writeSettlesMs?: number;
  /** Whether changes of comments can be read; default yes. */
  readonly changes?: boolean;
  /** It has a place for what was delivered. Default true. */
  readonly takesReports?: boolean;
  /** Absent = doorbells are not checked, and name no ticket. */
  readonly webhookSecret?: string;
}

const SIGNATURE = 'x-signature';

export function createFakeHelpdesk(nowMs: () => number, options: FakeHelpdeskOptions = {}): FakeHelpdesk {
  const rows = new Map<TicketId, Row>();
  const changes: TicketId[] = [];
  const faults = new Map<string, Fault[]>();
  const late: (() => void)[] = [];
  const calls: Record<string, number> = {};
  const told: Person[] = [];
  const delivered = new Map<CommentId, number>();
  const avatars: (readonly [RequesterId, Attachment | undefined])[] = [];
  let serial = 0;

  function refuse(code: 'not_found' | 'conflict' | 'unavailable', operation: string, effect: 'none' | 'unknown' = 'none'): BridgeError {
    return new BridgeError({ code, operation, message: `${operation}: ${code}`, effect });
  }

  async function act<T>(operation: string, effect: () => T): Promise<T> {
    calls[operation] = (calls[operation] ?? 0) + 1;
    const fault = faults.get(operation)?.shift();
    if (fault instanceof BridgeError) throw fault;
    if (fault === 'before') throw refuse('unavailable', operation);
    if (fault === 'late') {
      late.push(() => { effect(); });
      throw refuse('unavailable', operation, 'unknown');
    }
    const result = effect();
    if (fault === 'after') throw refuse('unavailable', operation, 'unknown');
    return result;
  }

  function row(id: TicketId, operation: string): Row {
    let found = rows.get(id);
    while (found?.mergedInto !== undefined) found = rows.get(found.mergedInto);
    if (found === undefined) throw refuse('not_found', operation);
    return found;
  }

  function touch(id: TicketId): void {
    changes.push(id);
  }

  function change(target: Row, one: CommentChange): void {
    serial += 1;
    const id = one.kind === 'deleted' ? one.comment : one.comment.id;
    target.changes.set(one.kind === 'reacted' ? `${id} reaction` : id, { serial, change: one });
    if (options.changes !== false) target.ticket = { ...target.ticket, changes: mintId<ChangeCursor>(String(serial)) };
    touch(target.ticket.id);
  }

  function append(target: Row, draft: Omit<Comment, 'id' | 'ticket' | 'createdAtMs'>): Comment {
    serial += 1;
    const comment: Comment = { ...draft, id: mintId<CommentId>(String(serial)), ticket: target.ticket.id, createdAtMs: nowMs() };
    target.comments.push(comment);
    touch(target.ticket.id);
    return comment;
  }

  function create(draft: TicketDraft): Ticket {
    const twin = [...rows.values()].find((one) => one.comments.some((comment) => comment.externalId === draft.externalId));
    if (options.idempotency === 'native' && twin) return twin.ticket;
    const number = String(1001 + rows.size);
    const ticket: Ticket = {
      id: mintId<TicketId>(`t${number}`), number, subject: draft.subject, status: 'new', phase: 'new',
      externalId: draft.externalId, conversation: draft.conversation, requester: draft.requester,
    };
    const made: Row = { ticket, comments: [], changes: new Map() };
    rows.set(ticket.id, made);
    append(made, { visibility: 'public', origin: 'bridge', content: draft.content, externalId: draft.externalId });
    return ticket;
  }

  function add(id: TicketId, draft: CommentDraft): CommentId {
    const target = row(id, 'addComment');
    const twin = [...rows.values()].flatMap((one) => one.comments).find((one) => draft.externalId !== undefined && one.externalId === draft.externalId);
    if (options.idempotency === 'native' && twin) return twin.id;
    if (target.ticket.phase === 'closed') throw refuse('conflict', 'addComment');
    if (draft.from === 'requester' && target.ticket.phase === 'solved') target.ticket = { ...target.ticket, phase: 'open', status: 'open' };
    return append(target, { visibility: draft.visibility, origin: 'bridge', content: draft.content, ...(draft.externalId && { externalId: draft.externalId }) }).id;
  }

  const connector: HelpdeskConnector = {
    name: 'fake',
    capabilities: {
      idempotency: options.idempotency ?? 'lookup', bodyFormat: 'html', bodyLengthMax: 100_000, attachmentBytesMax: 20 * 2 ** 20,
      editComments: false, writeSettlesMs: options.writeSettlesMs ?? 30_000, reopensFrom: ['solved'],
    },
    doorbell: doorbellOf(options.webhookSecret),
    upsertRequester: ({ person }) => act('upsertRequester', () => {
      told.push(person);
      return mintId<RequesterId>(person.id);
    }),
    setAvatar: (requester, picture) => act('setAvatar', () => { avatars.push([requester, picture]); }),
    createTicket: (draft) => act('createTicket', () => create(draft)),
    addComment: (ticket, draft) => act('addComment', () => add(ticket, draft)),
    getTicket: (ticket) => act('getTicket', () => row(ticket, 'getTicket').ticket),
    commentsAfter: (ticket, cursor) => act('commentsAfter', () => {
      const { comments } = row(ticket, 'commentsAfter');
      return cursor === undefined ? [...comments] : comments.filter((one) => Number(one.id) > Number(cursor));
    }),
    ...(options.changes !== false && { changesAfter: (ticket: TicketId, cursor?: ChangeCursor) => act('changesAfter', () => {
      const { ticket: { changes: now }, changes: all } = row(ticket, 'changesAfter');
      const news = [...all.values()].filter((one) => one.serial > Number(cursor ?? 0));
      return { changes: news.map((one) => one.change), cursor: now ?? mintId<ChangeCursor>('0') };
    }) }),
    changedSince: (cursor) => act('changedSince', () => ({
      doorbells: cursor === undefined ? [] : changes.slice(Number(cursor)).map((ticket) => ({ ticket })),
      cursor: mintId<SweepCursor>(String(changes.length)), more: false,
    })),
    updateTicket: async (ticket, change) => {
      const target = row(ticket, 'updateTicket');
      if (change.phase) target.ticket = { ...target.ticket, phase: change.phase, status: change.phase };
      touch(target.ticket.id);
    },
    findTicket: (externalId) => act('findTicket', () => [...rows.values()].find((one) => one.ticket.externalId === externalId)?.ticket),
    findComment: (ticket, externalId) => act('findComment', () => row(ticket, 'findComment').comments.find((one) => one.externalId === externalId)?.id),
    listTickets: (after) => act('listTickets', () => {
      const all = [...rows.entries()].filter(([, one]) => one.ticket.phase !== 'gone');
      const from = after === undefined ? 0 : all.findIndex(([id]) => id === after) + 1;
      const tickets = all.slice(from, from + LISTED_MAX).map(([id, one]) => ({ ...one.ticket, ...(one.mergedInto && { mergedInto: row(id, 'listTickets').ticket.id }) }));
      return { tickets, more: all.length > from + LISTED_MAX };
    }),
    ...(options.takesReports !== false && {
      reportDelivered: (ticket: TicketId, comment: CommentId, atMs: number) => act('reportDelivered', () => {
        if (!row(ticket, 'reportDelivered').comments.some((one) => one.id === comment)) throw refuse('not_found', 'reportDelivered');
        if (!delivered.has(comment)) delivered.set(comment, atMs);
      }),
    }),
    diagnose: async () => [],
  };

  return {
    connector, calls, told, avatars, delivered,
    fail: (operation, ...some) => { faults.set(operation, [...(faults.get(operation) ?? []), ...some]); },
    landLate: () => { for (const effect of late.splice(0)) effect(); },
    tickets: () => [...rows.values()].filter((one) => one.mergedInto === undefined).map((one) => one.ticket),
    comments: (ticket) => (ticket === undefined ? [...rows.values()].flatMap((one) => one.comments) : row(ticket, 'comments').comments),
    agentSays: (ticket, text, { visibility = 'public', content, inReplyTo } = {}) => append(row(ticket, 'agentSays'), {
      visibility, origin: 'agent', author: { id: 'a1', name: 'Agent One' }, content: content ?? { text: plainText(text), attachments: [] },
      ...(inReplyTo && { inReplyTo }),
    }).id,
    agentOpens: (person, text, visibility = 'public') => {
      const number = String(1001 + rows.size);
      const made: Row = { ticket: { id: mintId<TicketId>(`t${number}`), number, subject: text, status: 'open', phase: 'open', person }, comments: [], changes: new Map() };
      rows.set(made.ticket.id, made);
      append(made, { visibility, origin: 'agent', author: { id: 'a1', name: 'Agent One' }, content: { text: plainText(text), attachments: [] } });
      return made.ticket.id;
    },
    setPhase: (id, phase) => {
      const target = row(id, 'setPhase');
      target.ticket = { ...target.ticket, phase, status: phase };
      touch(id);
    },
    setVisibility: (comment, visibility) => {
      for (const one of rows.values()) {
        const place = one.comments.findIndex((each) => each.id === comment);
        const before = one.comments[place];
        if (before === undefined) continue;
        one.comments[place] = { ...before, visibility };
        change(one, { kind: 'changed', comment: one.comments[place] });
      }
    },
    edit: (comment, text) => {
      for (const one of rows.values()) {
        const place = one.comments.findIndex((each) => each.id === comment);
        const before = one.comments[place];
        if (before === undefined) continue;
        one.comments[place] = { ...before, content: { ...before.content, text: plainText(text) } };
        change(one, { kind: 'changed', comment: one.comments[place] });
      }
    },
    react: (comment, emoji) => {
      for (const one of rows.values()) {
        const found = one.comments.find((each) => each.id === comment);
        if (found !== undefined) change(one, { kind: 'reacted', comment: found, ...(emoji !== undefined && { emoji }) });
      }
    },
    erase: (comment) => {
      for (const one of rows.values()) {
        const before = one.comments.find((each) => each.id === comment);
        if (before === undefined) continue;
        one.comments = one.comments.filter((each) => each !== before);
        change(one, { kind: 'deleted', ticket: before.ticket, comment });
      }
    },
    webhookOf: (ticket, secret = options.webhookSecret ?? '', typing = undefined) => {
      const body = Buffer.from(JSON.stringify({ ticket, typing }));
      return { headers: { [SIGNATURE]: signHmac('sha256', secret, body) }, body };
    },
    merge: (from, into) => {
      const source = row(from, 'merge');
      const target = row(into, 'merge');
      target.comments = [...target.comments, ...source.comments].sort((a, b) => Number(a.id) - Number(b.id));
      source.comments = [];
      for (const [id, one] of source.changes) target.changes.set(id, one);
      const latest = Math.max(0, ...[...target.changes.values()].map((one) => one.serial));
      if (latest > 0 && options.changes !== false) target.ticket = { ...target.ticket, changes: mintId<ChangeCursor>(String(latest)) };
      source.mergedInto = into;
      touch(from);
      touch(into);
    },
    remove: (id) => { rows.delete(id); touch(id); },
  };
}

function doorbellOf(secret: string | undefined): HelpdeskConnector['doorbell'] {
  if (secret === undefined) return { authenticate: () => undefined, parse: () => [] };
  return {
    authenticate: ({ headers, body }) => {
      if (equalSecrets(headers[SIGNATURE] ?? '', signHmac('sha256', secret, body))) return;
      throw new BridgeError({ code: 'unauthorized', operation: 'doorbell', message: 'the signature of a webhook is wrong' });
    },
    parse: ({ body }) => {
      const { ticket, typing } = JSON.parse(body.toString('utf8')) as { readonly ticket: unknown; readonly typing?: boolean };
      return [{ ticket: mintId<TicketId>(String(ticket)), ...(typing !== undefined && { typing }) } as Doorbell];
    },
  };
}
