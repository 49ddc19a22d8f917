/** The desk's HTTP API as this page uses it. Paths are relative to the page, so it works wherever the desk is mounted. */

export type Status = 'new' | 'open' | 'pending' | 'solved' | 'closed';
export type AuthorKind = 'agent' | 'requester' | 'bridge' | 'system';

export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Only what the mapping tells the desk is there. */
export interface Requester extends Person {
  readonly username?: string;
  readonly languageTag?: string;
  readonly link?: string;
  readonly phone?: string;
  /** The id of a file. */
  readonly avatar?: string;
}

export interface Ticket {
  readonly id: string;
  readonly number: string;
  readonly subject: string;
  readonly status: Status;
  readonly queue: string;
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
  readonly tags: readonly string[];
  readonly requester: Requester;
  readonly assignee?: Person;
  readonly followUpOf?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly seq: number;
  readonly preview: string;
  readonly lastFrom: AuthorKind;
  readonly lastRequesterEntry: number;
  readonly warning?: boolean;
}

export interface FileRef {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly kind?: string;
}

/** The comment that another one answers. */
export interface Replied {
  readonly id: string;
  readonly name: string;
  readonly preview: string;
}

export interface CommentEntry {
  readonly kind: 'comment';
  readonly id: string;
  readonly ticket: string;
  readonly visibility: 'public' | 'internal';
  readonly author: Person & { readonly kind: AuthorKind };
  readonly createdAtMs: number;
  /** Since when the customer has it. */
  readonly deliveredAtMs?: number;
  readonly html: string;
  readonly files: readonly FileRef[];
  readonly inReplyTo?: Replied;
  /** The bridge's own word, about nothing that went wrong. */
  readonly isNote?: boolean;
  readonly changed?: { readonly atMs: number; readonly by: string; readonly what: 'text' | 'visibility' };
  readonly deleted?: boolean;
  /** What an agent put on it; without an emoji it was taken back. */
  readonly reaction?: { readonly emoji?: string; readonly atMs: number; readonly by: string };
}

export interface EventEntry {
  readonly kind: 'event';
  readonly id: string;
  readonly ticket: string;
  readonly actor: Person & { readonly kind: AuthorKind };
  readonly createdAtMs: number;
  readonly field: 'status' | 'assignee' | 'queue' | 'priority' | 'tags' | 'subject' | 'merged' | 'follow_up';
  readonly from: string;
  readonly to: string;
}

export type Entry = CommentEntry | EventEntry;

export interface TicketPage {
  readonly tickets: readonly Ticket[];
  readonly before?: number;
  readonly counts: Readonly<Partial<Record<Status, number>>>;
}

export interface History {
  readonly ticket: Ticket;
  readonly entries: readonly Entry[];
  readonly earlier: number;
}

export interface Session {
  readonly agent: Person | null;
  readonly queues: readonly string[];
  /** The emoji that agents may put on what customers wrote. */
  readonly reactions: readonly string[];
}

/** An answer other than 2xx, or none at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  /** The desk's own word for it; empty = there was no answer, or not the desk's. */
  readonly code: string;

  constructor(status: number, answer?: unknown) {
    super(wordOf(answer, 'message'));
    this.status = status;
    this.code = wordOf(answer, 'error');
  }
}

/** An answer that takes longer will not come. Whether the desk did what it was asked is not known then. */
const ANSWER_MS = 30_000;

/** Gives the parsed JSON (undefined when there is none). Throws ApiError. */
export async function ask<T>(method: string, path: string, json?: unknown): Promise<T> {
  const headers: Record<string, string> = { 'x-desk-page': '1' };
  if (json !== undefined) headers['content-type'] = 'application/json';
  const body = json === undefined ? null : JSON.stringify(json);
  const response = await fetch(`api${path}`, { method, headers, body, credentials: 'same-origin', signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  if (response === undefined) throw new ApiError(0);
  const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer as T;
}

/** Tells something that may be lost; it goes out even when the page is being closed. */
export function tell(path: string, json: object): void {
  const headers = { 'x-desk-page': '1', 'content-type': 'application/json' };
  fetch(`api${path}`, { method: 'POST', headers, body: JSON.stringify(json), credentials: 'same-origin', keepalive: true }).catch(() => undefined);
}

/** Uploads one file; `progress` gets numbers from 0 to 1. Throws ApiError. */
export function upload(file: File, progress: (done: number) => void): Promise<FileRef> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams({ name: file.name, mediaType: file.type });
    request.open('POST', `api/files?${query.toString()}`);
    request.setRequestHeader('x-desk-page', '1');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0);
    request.onerror = () => reject(new ApiError(0));
    request.onload = () => {
      if (request.status === 201) resolve((request.response as { file: FileRef }).file);
      else reject(new ApiError(request.status, request.response));
    };
    request.send(file);
  });
}

export function fileUrl(file: Pick<FileRef, 'id'>): string {
  return `api/files/${file.id}`;
}

/** Whether the desk wrote something else under this key before: its answer was lost, and what was typed has changed since. */
export function isWrittenBefore(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'written_before';
}

function wordOf(answer: unknown, field: 'error' | 'message'): string {
  if (typeof answer !== 'object' || answer === null) return '';
  const word = new Map<string, unknown>(Object.entries(answer)).get(field);
  return typeof word === 'string' ? word : '';
}
