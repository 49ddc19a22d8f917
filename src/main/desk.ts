/** The embedded desk: a server of its own inside this process. The bridge reaches it over HTTP, like any other helpdesk. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { Router } from 'express';
import type { Config } from '../config.js';
import type { Clock, Emit, HelpdeskSettings } from '../core/ports.js';
import { writeDurably } from '../disk/files.js';
import { createDeskServer, type DeskServer } from '../helpdesks/desk/server/server.js';

export interface EmbeddedDesk {
  readonly router: Router;
  /** How the connector reaches it. */
  readonly settings: HelpdeskSettings;
  close(): Promise<void>;
}

/** Guessing is only bounded by what the server answers, so the token must be out of reach: 16 random letters and digits are, for thousands of years. */
const PUBLIC_TOKEN_LENGTH = 16;

/** True when this process serves the desk itself. */
export function isEmbedded({ helpdesk }: Config): boolean {
  return helpdesk.name === 'desk' && helpdesk.url === undefined;
}

/** `url` is our own address, as this process reaches it. Throws what the desk throws. */
export async function openEmbeddedDesk(
  config: Config, queues: readonly string[], url: string, { clock, emit }: { readonly clock: Clock; readonly emit: Emit },
): Promise<EmbeddedDesk> {
  const folder = join(config.dataDir, 'desk');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const token = config.helpdesk.token ?? await keptSecret(join(config.dataDir, 'desk-token'));
  const webhookSecret = config.helpdesk.webhookSecret ?? randomBytes(32).toString('hex');
  // A public address means a proxy in front: then a request that comes over loopback may come from anywhere.
  const openAccess = config.desk.agents.length === 0 && isPrivate(config);
  if (!openAccess && config.desk.agents.length === 0) {
    emit({ type: 'log', level: 'warn', message: 'nobody can sign in to the desk: set DESK_AGENT_TOKEN, or list agents under desk.agents in the config file' });
  }
  if (!isPrivate(config) && config.desk.agents.some((agent) => agent.token.length < PUBLIC_TOKEN_LENGTH)) {
    emit({ type: 'log', level: 'warn', message: `an agent's token is shorter than ${PUBLIC_TOKEN_LENGTH} characters, and others may reach the page; make one with: openssl rand -base64 24` });
  }
  const server: DeskServer = await createDeskServer({
    folder, apiToken: token, agents: config.desk.agents, webhook: { url: `${url}/helpdesk`, secret: webhookSecret }, queues, clock, emit, openAccess,
  });
  return { router: server.router, settings: { url, token, webhookSecret, options: {} }, close: () => server.close() };
}

/** A secret of this machine's own: made once, kept with the data, readable by this user only. */
async function keptSecret(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (kept.trim() !== '') return kept.trim();
  const made = randomBytes(32).toString('hex');
  await writeDurably(path, made);
  return made;
}

/** Nobody but this machine is meant to reach us. */
function isPrivate({ server, telegram }: Config): boolean {
  return isLoopback(server.host) && telegram.publicUrl === undefined;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
