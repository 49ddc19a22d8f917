/** `deskbridge demo`: Bot API emulator, bridge and desk in one process, one page, no account. */
import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { loadConfig, type Environment } from '../config.js';
import { openMappings } from '../config/mappings-folder.js';
import { toBridgeError } from '../core/errors.js';
import { createDemo, createEmulator } from '../demo/index.js';
import { createFoundation } from './foundation.js';
import { startBridge, type Running } from './start.js';
import { runUntilStopped } from './stop.js';
import { systemClock } from './system-clock.js';

/** Shaped like a token, known to nobody: only the emulator in this process takes it. */
const DEMO_TOKEN = '7000000001:demo-token-of-the-emulator-only';
const PORT = 8080;
/** The page frames the desk of the same origin and runs no inline script. */
const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; "
  + "font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Everything it keeps lies in a temporary folder, which is removed at the end. `wished` 0 takes any free port. Throws ConfigProblems. */
export async function runDemo(env: Environment, wished = Number(env['PORT'] || PORT)): Promise<0 | 1> {
  const port = wished === 0 ? await findFreePort() : wished;
  const folder = await mkdtemp(join(tmpdir(), 'deskbridge-demo-'));
  const emulator = createEmulator({ clock: systemClock, tokens: [DEMO_TOKEN] });
  const demo = createDemo({ emulator, clock: systemClock });
  const url = `http://127.0.0.1:${port}`;
  const { config } = loadConfig({ env: {
    TELEGRAM_BOT_TOKEN: DEMO_TOKEN, TELEGRAM_API_ROOT: url, PORT: String(port), DATA_DIR: folder, SWEEP_SECONDS: '5',
    ...(env['LOG_LEVEL'] && { LOG_LEVEL: env['LOG_LEVEL'] }), ...(env['MAPPINGS_DIR'] && { MAPPINGS_DIR: env['MAPPINGS_DIR'] }),
  } });
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
        http.app.use(demo.router);
        http.app.use(emulator.router);
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
