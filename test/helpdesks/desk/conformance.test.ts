/** The suite that every connector passes, against a real desk on a loopback socket. */
import { desk as definition } from '../../../src/helpdesks/desk/index.js';
import { signHmac } from '../../../src/http/signature.js';
import type { HelpdeskConnector } from '../../../src/core/ports.js';
import { mintId, type RawRequest, type TicketId } from '../../../src/core/types.js';
import { describeHelpdesk, type AgentHands, type ConnectorChange, type RawComment } from '../../conformance/helpdesk.js';
import { AGENT, API_TOKEN, listen, QUEUES, startDesk, temporaryFolder } from './start.js';

const SECRET = 'test-webhook-secret';
const PRIORITIES = ['low', 'normal', 'high', 'urgent'];

interface ApiComment { readonly visibility: 'public' | 'internal'; readonly html: string; readonly deliveredAtMs?: number; readonly files: readonly { readonly id: string; readonly name: string; readonly mediaType: string }[] }

/** An agent at the desk's page: cookie, page header, the same endpoints. */
async function createAgent(url: string): Promise<AgentHands> {
  const page = { 'x-desk-page': '1', 'content-type': 'application/json' };
  const signedIn = await fetch(`${url}/desk/api/session`, { method: 'POST', headers: page, body: JSON.stringify(AGENT) });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const ask = async (method: string, path: string, json?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/desk/api${path}`, { method, headers: { ...page, cookie }, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
  const upload = async (name: string, mediaType: string, bytes: Buffer): Promise<string> => {
    const query = new URLSearchParams({ name, mediaType });
    const response = await fetch(`${url}/desk/api/files?${query}`, { method: 'POST', headers: { ...page, cookie }, body: new Uint8Array(bytes) });
    return (await response.json() as { file: { id: string } }).file.id;
  };
  const readFile = async (id: string): Promise<Buffer> => Buffer.from(await (await fetch(`${url}/desk/api/files/${id}`, { headers: { cookie } })).arrayBuffer());
  return {
    name: AGENT.name,
    async replyPublic(ticket, html, files = []) {
      const ids: string[] = [];
      for (const file of files) ids.push(await upload(file.name, file.mediaType, file.bytes));
      await ask('POST', `/tickets/${ticket}/comments`, { visibility: 'public', html, files: ids });
    },
    async replyWithPicture(ticket, { html, picture, files }) {
      const ids: string[] = [];
      for (const file of [picture, ...files]) ids.push(await upload(file.name, file.mediaType, file.bytes));
      await ask('POST', `/tickets/${ticket}/comments`, { visibility: 'public', html: html.replace('cid:picture', `cid:${ids[0]}`), files: ids });
    },
    async answer(ticket, comment, html) {
      await ask('POST', `/tickets/${ticket}/comments`, { visibility: 'public', html, inReplyTo: comment });
    },
    async commentInternal(ticket, html) {
      await ask('POST', `/tickets/${ticket}/comments`, { visibility: 'internal', html });
    },
    async setPhase(ticket, phase) {
      await ask('PATCH', `/tickets/${ticket}`, { status: phase });
    },
    async move(ticket, queue) {
      await ask('PATCH', `/tickets/${ticket}`, { queue, assignee: 'me' });
    },
    async open(like, subject, html) {
      const { ticket } = await ask('GET', `/tickets/${like}`) as { ticket: { requester: { id: string } } };
      const made = await ask('POST', '/tickets', { requester: ticket.requester.id, subject, html }) as { ticket: { id: string } };
      return mintId<TicketId>(made.ticket.id);
    },
    async editComment(ticket, comment, html) {
      await ask('PATCH', `/tickets/${ticket}/comments/${comment}`, { html });
    },
    async setVisibility(ticket, comment, visibility) {
      await ask('PATCH', `/tickets/${ticket}/comments/${comment}`, { visibility });
    },
    async removeComment(ticket, comment) {
      await ask('DELETE', `/tickets/${ticket}/comments/${comment}`);
    },
    async react(ticket, comment, emoji) {
      await ask('PUT', `/tickets/${ticket}/comments/${comment}/reaction`, { emoji: emoji ?? null });
    },
    async merge(from, into) {
      await ask('POST', `/tickets/${from}/merge`, { into });
    },
    async remove(ticket) {
      await ask('DELETE', `/tickets/${ticket}`);
    },
    async readComments(ticket) {
      const { comments } = await ask('GET', `/tickets/${ticket}/comments`) as { comments: readonly ApiComment[] };
      const raw: RawComment[] = [];
      for (const { visibility, html, files, deliveredAtMs } of comments) {
        const held = [];
        for (const { id, name, mediaType } of files) held.push({ name, mediaType, bytes: await readFile(id) });
        raw.push({ visibility, body: html, files: held, deliveredAtMs });
      }
      return raw;
    },
    async readTicket(id) {
      const { ticket } = await ask('GET', `/tickets/${id}`) as { ticket: { queue: string; priority: string; tags: string[]; requester: { name: string; username?: string; languageTag?: string; link?: string; phone?: string; avatar?: string } } };
      const { name, avatar, ...profile } = ticket.requester;
      return { queue: ticket.queue, priority: PRIORITIES.indexOf(ticket.priority), tags: ticket.tags, requesterName: name, requesterProfile: Object.values(profile).join(' '),
        ...(avatar === undefined ? {} : { requesterAvatar: await readFile(avatar) }) };
    },
  };
}

function sign(body: Buffer, nowMs: number): RawRequest {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = signHmac('sha256', SECRET, Buffer.concat([Buffer.from(`${timestamp}.`), body]));
  return { headers: { 'x-desk-timestamp': timestamp, 'x-desk-signature': signature, 'content-type': 'application/json' }, body };
}

describeHelpdesk('desk', async () => {
  const { folder, remove } = await temporaryFolder();
  const { app, desk } = await startDesk(folder);
  const { url, close } = await listen(app);
  const connect = (change: ConnectorChange): HelpdeskConnector => {
    const secret = change.webhookSecret === undefined ? SECRET : change.webhookSecret;
    const settings = { url: change.url ?? url, token: change.token ?? API_TOKEN, options: {}, ...(secret === null ? {} : { webhookSecret: secret }) };
    return definition.create(settings, { emit: () => undefined, nowMs: () => performance.now() });
  };
  return {
    connector: connect({}), connect, agent: await createAgent(url), queue: QUEUES[1] ?? '', signed: sign,
    typing: (ticket, told, nowMs) => sign(Buffer.from(JSON.stringify({ event: 'ticket.typing', ticket: { id: ticket }, ...told })), nowMs),
    webhook: (ticket, nowMs) => sign(Buffer.from(JSON.stringify({ event: 'tickets.changed', seq: 1, tickets: [{ id: ticket }] })), nowMs),
    async close() {
      await close();
      await desk.close();
      await remove();
    },
  };
});
