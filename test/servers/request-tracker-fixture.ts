/** What belongs here: the tests that need real servers, and what starts them. This file: Request Tracker as the conformance suite sees it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { requestTracker } from '../../src/helpdesks/request-tracker/index.js';
import { signHmac } from '../../src/http/signature.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { RawRequest, TicketId } from '../../src/core/types.js';
import type { AgentHands, ConnectorChange, HelpdeskFixture } from '../conformance/helpdesk.js';
import { createAgentHands, createRest, type Rest } from './request-tracker-agent.js';
import { sendMail } from './rt-mail.js';
import { answerInBrowser } from './rt-browser.js';

const userSchema = z.object({ token: z.string() });
const credentialsSchema = z.object({
  url: z.string(),
  users: z.object({ root: z.object({ password: z.string() }), bridge: userSchema, agent1: userSchema.extend({ password: z.string() }), limited: userSchema }),
  webhook: z.object({ secret: z.string(), config: z.string() }),
});
export type RtCredentials = z.infer<typeof credentialsSchema>;

/** Where `run.mjs` says that the server's credentials lie. */
export function readCredentials(): RtCredentials {
  const path = process.env['DESKBRIDGE_RT_CREDENTIALS'];
  if (path === undefined) throw new Error('DESKBRIDGE_RT_CREDENTIALS is not set: run `npm run test:servers`');
  return credentialsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

const SECRET = 'a webhook secret of the tests';
/** The stock lifecycle has no status that is for ever; an admin may declare one to be. */
const OPTIONS = { articleClasses: ['KB'], statuses: { rejected: 'closed' } };

export interface RtFixture extends HelpdeskFixture {
  readonly agentRest: Rest;
  readonly rootRest: Rest;
}

export function connectRt(credentials: RtCredentials, change: ConnectorChange = {}, options: unknown = OPTIONS): HelpdeskConnector {
  const secret = change.webhookSecret === undefined ? SECRET : change.webhookSecret;
  return requestTracker.create(
    {
      url: change.url ?? credentials.url, token: change.token ?? credentials.users.bridge.token,
      ...(secret === null ? {} : { webhookSecret: secret }), options: requestTracker.optionsSchema.parse(options),
    },
    { emit: () => undefined, nowMs: () => performance.now() },
  );
}

export async function createRtFixture(): Promise<RtFixture> {
  const credentials = readCredentials();
  const agentRest = createRest(credentials.url, `token ${credentials.users.agent1.token}`);
  const rootRest = createRest(credentials.url, `Basic ${Buffer.from(`root:${credentials.users.root.password}`).toString('base64')}`);
  const signed = (body: Buffer, nowMs: number): RawRequest => {
    const timestamp = String(Math.floor(nowMs / 1000));
    const signature = `sha256=${signHmac('sha256', SECRET, Buffer.concat([Buffer.from(`${timestamp}.`), body]))}`;
    return { headers: { 'x-rt-timestamp': timestamp, 'x-rt-signature': signature, 'content-type': 'application/json' }, body };
  };
  const agent: AgentHands = {
    ...createAgentHands(agentRest, rootRest),
    replyWithPicture: (ticket, { html, picture, files }) => sendMail(credentials, ticket, { plain: 'see the HTML', html, files, inline: { ...picture, contentId: 'picture' } }),
    answer: (ticket, comment, html) => answerInBrowser(credentials, ticket, { html, to: { comment, quote: 'above' } }),
  };
  return {
    connector: connectRt(credentials), agent, agentRest, rootRest, queue: 'Support', signed,
    connect: (change) => connectRt(credentials, change),
    webhook: (ticket: TicketId, nowMs) => signed(Buffer.from(JSON.stringify({
      delivery: 'txn-1', ticket: { id: Number(ticket), effective_id: Number(ticket) }, transaction: { id: 1, type: 'Correspond', creator: 'agent1' },
    })), nowMs),
    close: async () => undefined,
  };
}
