/** What belongs here: the desk as its agents use it, around the proxy: nothing of what goes wrong reaches them. */
import { z } from 'zod';

const PAGE_SIZE = 200;

const file = z.object({ id: z.string(), name: z.string(), sizeBytes: z.number() });
const comment = z.object({
  id: z.string(), ticket: z.string(), visibility: z.enum(['public', 'internal']), author: z.object({ kind: z.string() }), html: z.string(), createdAtMs: z.number(),
  externalId: z.string().optional(), files: z.array(file),
});
const ticket = z.object({ id: z.string(), number: z.string(), status: z.string(), conversation: z.string().optional(), seq: z.number() });
export type DeskComment = z.infer<typeof comment>;
export type DeskTicket = z.infer<typeof ticket>;

export interface DeskAgents {
  /** The latest changed first. */
  latest(): Promise<readonly DeskTicket[]>;
  all(): Promise<readonly DeskTicket[]>;
  /** Of the ticket and all that it swallowed, oldest first. */
  comments(ticket: string): Promise<readonly DeskComment[]>;
  upload(name: string, mediaType: string, bytes: Buffer): Promise<string>;
  /** True when the desk took it; false when it refused (a closed ticket). */
  answer(ticket: string, json: { readonly visibility: 'public' | 'internal'; readonly html: string; readonly status?: string; readonly files?: readonly string[] }): Promise<boolean>;
  setStatus(ticket: string, status: string): Promise<boolean>;
  merge(ticket: string, into: string): Promise<boolean>;
}

export function createDeskAgents(url: string): DeskAgents {
  const api = `${url}/desk/api`;
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T> => {
    const response = await fetch(`${api}${path}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return shape.parse(await response.json());
  };
  const write = async (method: string, path: string, json: object): Promise<boolean> => {
    const response = await fetch(`${api}${path}`, { method, headers: { 'x-desk-page': '1', 'content-type': 'application/json' }, body: JSON.stringify(json) });
    await response.arrayBuffer();
    if (!response.ok && response.status !== 409) throw new Error(`${method} ${path}: ${response.status}`);
    return response.ok;
  };
  const page = (before: number | undefined) => read(
    `/tickets?limit=${PAGE_SIZE}${before === undefined ? '' : `&before=${before}`}`, z.object({ tickets: z.array(ticket), before: z.number().optional() }),
  );
  return {
    latest: async () => (await page(undefined)).tickets,
    async all() {
      const tickets = new Map<string, DeskTicket>();
      for (let before: number | undefined; ;) {
        const answer = await page(before);
        for (const one of answer.tickets) tickets.set(one.id, one);
        if (answer.before === undefined) return [...tickets.values()];
        before = answer.before;
      }
    },
    async comments(id) {
      const comments: DeskComment[] = [];
      for (let more = true; more;) {
        const answer = await read(`/tickets/${id}/comments?limit=500&after=${comments.at(-1)?.id ?? 0}`, z.object({ comments: z.array(comment), more: z.boolean() }));
        comments.push(...answer.comments);
        more = answer.more;
      }
      return comments;
    },
    async upload(name, mediaType, bytes) {
      const query = new URLSearchParams({ name, mediaType });
      const response = await fetch(`${api}/files?${query.toString()}`, {
        method: 'POST', headers: { 'x-desk-page': '1', 'content-type': 'application/octet-stream' }, body: new Uint8Array(bytes),
      });
      return z.object({ file: z.object({ id: z.string() }) }).parse(await response.json()).file.id;
    },
    answer: (id, json) => write('POST', `/tickets/${id}/comments`, json),
    setStatus: (id, status) => write('PATCH', `/tickets/${id}`, { status }),
    merge: (id, into) => write('POST', `/tickets/${id}/merge`, { into }),
  };
}
