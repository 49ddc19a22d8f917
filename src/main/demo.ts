/** `deskbridge demo`: Bot API emulator, bridge and desk in one process, one page, no account. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { loadConfig, type Config, type Environment } from '../config.js';
import { openMappings } from '../config/mappings-folder.js';
import { toBridgeError } from '../core/errors.js';
import { askPassword, createDemo, createEmulator } from '../demo/index.js';
import { isLoopback } from './desk.js';
import { createFoundation } from './foundation.js';
import { startBridge, type Running } from './start.js';
import { runUntilStopped } from './stop.js';
import { systemClock } from './system-clock.js';

const PORT = 8080;
const HOME = '127.0.0.1';
const NO_PASSWORD = 'the demo lets whoever reaches it write as customers and as agents, so on another address than loopback it needs a password: '
  + 'set DESK_AGENT_TOKEN (openssl rand -base64 24), or leave HOST out\n';
/** The page frames the desk of the same origin and runs no inline script. */
const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; "
  + "font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Listens on loopback, or where HOST says: then everybody must give the token of the desk's agent as a password. Everything it keeps lies in a
 * temporary folder, which is removed at the end. `wished` 0 takes any free port. Throws ConfigProblems.
 */
export async function runDemo(env: Environment, wished = Number(env['PORT'] || PORT)): Promise<0 | 1 | 2> {
  const port = wished === 0 ? await findFreePort() : wished;
  const folder = await mkdtemp(join(tmpdir(), 'deskbridge-demo-'));
  // Shaped like a token, known to nobody: only the emulator in this process takes it.
  const token = `7000000001:${randomBytes(24).toString('hex')}`;
  const config = await readConfig(env, { port, folder, token }).catch(async (thrown: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  });
  const isOpen = !isLoopback(config.server.host);
  const password = isOpen ? config.desk.agents[0]?.token : undefined;
  if (isOpen && password === undefined) {
    await rm(folder, { recursive: true, force: true });
    process.stderr.write(NO_PASSWORD);
    return 2;
  }
  const emulator = createEmulator({ clock: systemClock, tokens: [token] });
  const demo = createDemo({ emulator, clock: systemClock, password });
  const foundation = createFoundation(config, [demo.observe]);
  const mappings = openMappings(config.mappingsDir, { emit: foundation.emit, clock: systemClock });
  const close = (): void => {
    demo.close();
    mappings.close();
    emulator.close();
  };
  const begin = async (): Promise<Running> => {
    const running = await startBridge(config, foundation, {
      mapping: mappings.current, clock: systemClock,
      prepare: ({ http }) => {
        // The bridge itself calls the emulator, whose URLs hold the token.
        http.app.use(emulator.router);
        if (password !== undefined) http.app.use(askPassword(password));
        http.app.use(demo.router);
        servePage(http.app);
      },
    });
    process.stdout.write(`\n  Deskbridge demo: ${running.url}\n  Write as a customer on the left, answer as an agent on the right. Ctrl+C ends it.\n\n`);
    // The live streams of the page end first: the server would wait for them.
    return { ...running, stop: () => { close(); return running.stop(); } };
  };
  const release = (): Promise<void> => {
    close();
    return rm(folder, { recursive: true, force: true });
  };
  try {
    return await runUntilStopped(begin, release, foundation);
  } catch (thrown) {
    const { code, message } = toBridgeError(thrown, 'demo');
    foundation.emit({ type: 'log', level: 'error', message: `cannot start: ${message}`, facts: { code, port } });
    await foundation.logger.close();
    return 1;
  }
}

async function readConfig(env: Environment, { port, folder, token }: { readonly port: number; readonly folder: string; readonly token: string }): Promise<Config> {
  const wished = env['HOST'] ?? '';
  const host = wished === '' || isLoopback(wished) ? HOME : wished;
  const reached = host === '0.0.0.0' || host === '::' ? HOME : host.includes(':') ? `[${host}]` : host;
  const kept = ['LOG_LEVEL', 'MAPPINGS_DIR', 'DESK_AGENT_NAME', ...(host === HOME ? [] : ['DESK_AGENT_TOKEN', 'DESK_AGENT_TOKEN_FILE'])];
  return loadConfig({ env: {
    ...Object.fromEntries(kept.map((name) => [name, env[name]])), TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: `http://${reached}:${port}`,
    HOST: host, PORT: String(port), DATA_DIR: folder, SWEEP_SECONDS: '5',
  } }).config;
}

/** The emulator's address must be known before anything listens. */
function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0); });
    });
  });
}

function servePage(app: express.Express): void {
  const built = fileURLToPath(new URL('../web/', import.meta.url));
  const pages = existsSync(built) ? built : fileURLToPath(new URL('../../dist/web/', import.meta.url));
  app.use('/assets', express.static(join(pages, 'assets'), { immutable: true, maxAge: '1y', index: false }));
  app.use('/', (_request, response, next) => {
    response.set('content-security-policy', PAGE_POLICY);
    next();
  }, express.static(join(pages, 'demo'), { cacheControl: false }));
}
