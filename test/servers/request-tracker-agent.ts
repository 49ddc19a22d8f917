/** An agent of Request Tracker: the same REST 2 calls as a person's browser ends in, by another user than the bridge. */
import { z } from 'zod';
import { mintId, type TicketId } from '../../src/core/types.js';
import type { AgentHands, RawComment, SampleFile } from '../conformance/helpdesk.js';

export interface Rest {
  (method: string, path: string, body?: unknown): Promise<unknown>;
}

/** Fails on every status from 400. */
export function createRest(url: string, authorization: string): Rest {
  return async (method, path, body) => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${url}/REST/2.0${path}`, {
      method, headers: { authorization, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

const id = z.union([z.string(), z.number()]).transform(String);
const rowsSchema = z.object({
  items: z.array(z.object({
    id, Type: z.string().optional(), TransactionId: id.optional(), ContentType: z.string().optional(), Filename: z.string().optional(),
  })),
});
const contentSchema = z.object({ Content: z.string().default('') });
const ticketSchema = z.object({
  Queue: z.object({ id }), Priority: id, Requestor: z.array(z.object({ id })),
  CustomFields: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
});
const STATUS = { solved: 'resolved', open: 'open', pending: 'stalled', closed: 'rejected' } as const;

export function createAgentHands(agent: Rest, root: Rest): AgentHands {
  return {
    name: 'Agent One',
    async replyPublic(ticket, html, files = []) {
      await agent('POST', `/ticket/${ticket}/correspond`, messageOf(html, files));
    },
    async commentInternal(ticket, html) {
      await agent('POST', `/ticket/${ticket}/comment`, messageOf(html, []));
    },
    async setPhase(ticket, phase) {
      await agent('PUT', `/ticket/${ticket}`, { Status: STATUS[phase] });
    },
    async move(ticket, queue) {
      await agent('PUT', `/ticket/${ticket}`, { Queue: queue });
    },
    async open(like, subject, html) {
      const { Requestor } = ticketSchema.parse(await root('GET', `/ticket/${like}`));
      const made = await agent('POST', '/ticket', { Queue: 'Support', Subject: subject, Requestor: Requestor[0]?.id, Content: html, ContentType: 'text/html' });
      return mintId<TicketId>(z.object({ id }).parse(made).id);
    },
    async merge(from, into) {
      await agent('PUT', `/ticket/${from}`, { MergeInto: Number(into) });
    },
    async remove(ticket) {
      await root('PUT', `/ticket/${ticket}`, { Status: 'deleted' });
    },
    readComments: (ticket) => readComments(root, ticket),
    async readTicket(ticket) {
      const raw = ticketSchema.parse(await root('GET', `/ticket/${ticket}`));
      const queue = z.object({ Name: z.string() }).parse(await root('GET', `/queue/${raw.Queue.id}`));
      const requester = z.looseObject({ RealName: z.string() }).parse(await root('GET', `/user/${encodeURIComponent(raw.Requestor[0]?.id ?? '')}`));
      return {
        queue: queue.Name, priority: Number(raw.Priority), requesterName: requester.RealName,
        requesterProfile: ['FreeformContactInfo', 'MobilePhone', 'Lang'].map((field) => String(requester[field] ?? '')).join(' '),
        tags: raw.CustomFields.find((field) => field.name === 'Tags')?.values ?? [],
      };
    },
  };
}

function messageOf(html: string, files: readonly SampleFile[]): unknown {
  const message = { Content: html, ContentType: 'text/html' };
  if (files.length === 0) return message;
  const form = new FormData();
  form.append('JSON', JSON.stringify(message));
  for (const file of files) form.append('Attachments', new Blob([new Uint8Array(file.bytes)], { type: file.mediaType }), file.name);
  return form;
}

async function pages(root: Rest, path: string): Promise<z.infer<typeof rowsSchema>['items']> {
  const all: z.infer<typeof rowsSchema>['items'] = [];
  for (let page = 1; ; page += 1) {
    const { items } = rowsSchema.parse(await root('GET', `${path}&per_page=100&page=${page}`));
    if (items.length === 0) return all;
    all.push(...items);
  }
}

async function readComments(root: Rest, ticket: string): Promise<readonly RawComment[]> {
  const transactions = await pages(root, `/ticket/${ticket}/history?fields=Type&orderby=id`);
  const attachments = await pages(root, `/ticket/${ticket}/attachments?fields=TransactionId,ContentType,Filename&orderby=id`);
  const comments: RawComment[] = [];
  for (const transaction of transactions) {
    if (!['Create', 'Correspond', 'Comment'].includes(transaction.Type ?? '')) continue;
    const parts = attachments.filter((part) => part.TransactionId === transaction.id && part.ContentType?.startsWith('multipart/') !== true);
    const read = async (part: { id: string }): Promise<Buffer> => Buffer.from(contentSchema.parse(await root('GET', `/attachment/${part.id}`)).Content, 'base64');
    const body = parts.find((part) => !part.Filename);
    const files: SampleFile[] = [];
    for (const part of parts) if (part.Filename) files.push({ name: part.Filename, mediaType: part.ContentType ?? '', bytes: await read(part) });
    comments.push({
      visibility: transaction.Type === 'Comment' ? 'internal' : 'public', body: body === undefined ? '' : (await read(body)).toString('utf8'), files,
    });
  }
  return comments;
}
