/** What belongs here: the desk as a server: puts its parts together behind one router. It knows nothing of the bridge but its token and its webhook. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import type { Clock, Emit } from '../../../core/ports.js';
import { createErrorHandler, type Context } from './answers.js';
import { addAvatarRoutes } from './avatars.js';
import { refuse, type Desk } from './desk.js';
import { openFileFolder, ORPHAN_AFTER_MS } from './files.js';
import { createLive } from './live.js';
import { addArticleRoutes, addFileRoutes, addLiveRoutes, addSessionRoutes } from './routes-desk.js';
import { addDeliveryRoutes, addTypingRoute } from './routes-delivery.js';
import { addBridgeRoutes, addCommentRoutes, addTicketRoutes } from './routes-tickets.js';
import { createSessions, type AgentAccount } from './sessions.js';
import { openStore, type Store } from './store.js';
import { createTypingBell, type TypingBell } from './typing.js';
import type { WebhookTarget } from './webhook-target.js';
import { startWebhooks } from './webhooks.js';

export interface DeskServerOptions {
  /** Everything the desk keeps, text included. Used by one process at a time. */
  readonly folder: string;
  /** The bearer token of the API. Never empty. */
  readonly apiToken: string;
  /** Who may sign in to the page. */
  readonly agents: readonly AgentAccount[];
  readonly webhook?: WebhookTarget;
  /** Queue names; the first is the default. */
  readonly queues: readonly string[];
  readonly clock: Clock;
  readonly emit: Emit;
  /** The page works without signing in, for requests that name a loopback host. Only for servers that listen on loopback. */
  readonly openAccess: boolean;
  /** Where the built pages lie: `desk/` and `assets/`. Default: where the build puts them. */
  readonly pages?: string;
}

export interface DeskServer {
  /** To be mounted at `/desk`: the page at `/desk/`, the API under `/desk/api`. */
  readonly router: Router;
  /** Ends open pages and webhooks, writes what is left. Stop the HTTP server first or right after. */
  close(): Promise<void>;
}

const JSON_BYTES_MAX = 4 * 1024 * 1024;
const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    + "font-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'same-origin',
};
const API_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff', 'cache-control': 'no-store',
};

/** Throws `invalid` for settings that cannot work, a foreign or damaged journal; `conflict` when another process uses the folder. */
export async function createDeskServer(options: DeskServerOptions): Promise<DeskServer> {
  if (options.apiToken === '') throw refuse('invalid', 'createDeskServer', 'the desk needs an API token');
  if (options.queues.length === 0) throw refuse('invalid', 'createDeskServer', 'the desk needs a queue');
  const { clock, emit } = options;
  const store = await openStore(options.folder, emit);
  try {
    const files = await openFileFolder(join(options.folder, 'files'));
    forgetOrphans(store, clock.nowMs());
    await files.clean((name) => store.tables.files.has(name));
    const desk: Desk = { store, queues: options.queues, nowMs: clock.nowMs };
    const sessions = createSessions(options);
    const live = createLive(store, clock);
    const webhooks = options.webhook === undefined ? undefined : startWebhooks(store, options.webhook, clock, emit);
    const typing = options.webhook === undefined ? undefined : createTypingBell(options.webhook, clock);
    const api = createApi({ desk, sessions }, { files, live, tellTyping: (ticket, isTyping) => typing?.tell(ticket, isTyping) });
    return {
      router: createRouter(api, options.pages ?? builtPages(), emit),
      async close() {
        live.close();
        typing?.close();
        // Whatever goes wrong before, the journal is closed and the folder given back.
        await Promise.resolve(webhooks?.close()).finally(() => store.close());
      },
    };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

interface Parts {
  readonly files: Awaited<ReturnType<typeof openFileFolder>>;
  readonly live: ReturnType<typeof createLive>;
  readonly tellTyping: TypingBell['tell'];
}

function createApi(context: Context, parts: Parts): Router {
  const api = Router();
  api.use((_request, response, next) => {
    response.set(API_HEADERS);
    next();
  });
  addFileRoutes(api, context, parts.files); // before the body reader: uploads are streams, even of JSON files
  addAvatarRoutes(api, context, parts.files);
  api.use(express.json({ limit: JSON_BYTES_MAX }));
  addSessionRoutes(api, context);
  addLiveRoutes(api, context, parts.live);
  addBridgeRoutes(api, context);
  addTicketRoutes(api, context, parts.files);
  addCommentRoutes(api, context, parts.files);
  addDeliveryRoutes(api, context, parts.live);
  addTypingRoute(api, context, parts.tellTyping);
  addArticleRoutes(api, context);
  api.use(() => {
    throw refuse('not_found', 'route', 'there is no such endpoint');
  });
  return api;
}

function createRouter(api: Router, pages: string, emit: Emit): Router {
  const router = Router();
  router.use('/api', api);
  router.use((_request, response, next) => {
    response.set(PAGE_HEADERS);
    next();
  });
  // Relative addresses in the page need the slash.
  router.get('/', (request, response, next) => {
    const [path, query] = request.originalUrl.split('?', 2);
    if (path?.endsWith('/') === true) next();
    else response.redirect(308, `${request.baseUrl}/${query === undefined ? '' : `?${query}`}`);
  });
  router.use('/assets', express.static(join(pages, 'assets'), { immutable: true, maxAge: '1y', index: false }));
  router.use(express.static(join(pages, 'desk'), { cacheControl: false, setHeaders: (response) => response.setHeader('cache-control', 'no-cache') }));
  router.use(createErrorHandler(emit));
  return router;
}

/** From `dist/helpdesks/desk/server` or from `src/helpdesks/desk/server`. */
function builtPages(): string {
  const built = fileURLToPath(new URL('../../../web/', import.meta.url));
  return existsSync(join(built, 'assets')) ? built : fileURLToPath(new URL('../../../../dist/web/', import.meta.url));
}

/** Uploads that never became part of a comment, nor an avatar. */
function forgetOrphans(store: Store, nowMs: number): void {
  const old = [...store.tables.files.values()].filter((file) => file.ticket === undefined && file.requester === undefined && file.createdAtMs < nowMs - ORPHAN_AFTER_MS);
  if (old.length > 0) store.write(old.map(({ id }) => ({ type: 'dropFile', id })));
}
