/** The connector: the port's methods, each told where it is done. */
import type { MailTrim } from '../../core/content.js';
import type { ConnectorContext, HelpdeskConnector, HelpdeskSettings } from '../../core/ports.js';
import { createHttpClient } from '../../http/client.js';
import { createGate } from '../../http/gate.js';
import { createApi } from './api.js';
import { searchArticles } from './articles.js';
import { createComments } from './comments.js';
import { diagnose } from './diagnose.js';
import { createDoorbellReader } from './doorbell.js';
import type { RequestTrackerOptions } from './options.js';
import { createPeople } from './people.js';
import { changedSince } from './sweep.js';
import { createTickets } from './tickets.js';

const TRIM_ALL: MailTrim = { trimQuotes: true, trimSignature: true };

export function createConnector(settings: HelpdeskSettings, options: RequestTrackerOptions, context: ConnectorContext): HelpdeskConnector {
  const { emit, nowMs } = context;
  const webUrl = settings.url.replace(/\/+$/, '').replace(/\/REST\/2\.0$/, '');
  const client = createHttpClient({
    baseUrl: `${webUrl}/REST/2.0`, headers: { authorization: `token ${settings.token}` }, timeoutMs: options.requestTimeoutMs,
    connectionsMax: options.connectionsMax, emit, nowMs, secrets: [settings.token],
  });
  const gate = createGate(options.connectionsMax, nowMs);
  const api = createApi(client, gate, { readTimeoutMs: options.readTimeoutMs, writeTimeoutMs: options.requestTimeoutMs });
  const people = createPeople(api, { token: settings.token, requesterDomain: options.requesterDomain, emit });
  const tickets = createTickets({ api, people, options, webUrl, emit });
  const comments = createComments({ api, people, tickets, options, trim: context.trim ?? (() => TRIM_ALL), emit });
  return {
    name: 'request-tracker',
    capabilities: {
      idempotency: 'lookup', bodyFormat: 'html', bodyLengthMax: options.bodyLengthMax, attachmentBytesMax: options.attachmentBytesMax,
      editComments: false,
      // One look at the ticket, then the write itself, then what the server still does when its client is gone.
      writeSettlesMs: options.readTimeoutMs + options.requestTimeoutMs + options.serverSlackMs,
      reopensFrom: ['solved', 'pending'],
    },
    doorbell: createDoorbellReader(settings.webhookSecret, people.knownOwnName),
    upsertRequester: people.upsertRequester,
    createTicket: tickets.create,
    getTicket: (ticket) => tickets.get(ticket, 'getTicket'),
    updateTicket: tickets.update,
    findTicket: tickets.find,
    listTickets: tickets.list,
    addComment: comments.add,
    commentsAfter: comments.after,
    findComment: comments.find,
    changedSince: (cursor) => changedSince(api, people, cursor),
    ...(options.articleClasses.length === 0 ? {} : { searchArticles: (query: string) => searchArticles(api, query, options.articleClasses) }),
    diagnose: (needs) => diagnose(api, settings.token, options, needs),
  };
}
