/** The pages that monitoring asks: is the process up, do both sides answer, what do the numbers say. */
import type { Express, Response } from 'express';
import type { Metrics } from './metrics.js';

/** Resolves when the side answers; throws when it does not. */
export type Probe = () => Promise<void>;

export interface HealthOptions {
  readonly probes: { readonly helpdesk: Probe; readonly telegram: Probe };
  readonly nowMs: () => number;
  readonly metrics: Metrics;
  /** How long one probe may take. Default 5 seconds. */
  readonly timeoutMs?: number;
  /** How long an answer is used again, so that nobody can load both sides through this page. Default 5 seconds. */
  readonly cacheMs?: number;
}

const TIMEOUT_MS = 5000;
const CACHE_MS = 5000;

/**
 * Adds `GET /healthz` (200 while the process runs), `GET /readyz` (200 when both sides answer, else 503; `{ helpdesk, telegram }` as
 * `ok` or `failed`) and `GET /metrics`.
 */
export function installHealth(app: Express, { probes, nowMs, metrics, timeoutMs = TIMEOUT_MS, cacheMs = CACHE_MS }: HealthOptions): void {
  const helpdesk = cached(() => answers(probes.helpdesk, timeoutMs), nowMs, cacheMs);
  const telegram = cached(() => answers(probes.telegram, timeoutMs), nowMs, cacheMs);
  app.get('/healthz', (_request, response) => { response.set('cache-control', 'no-store').json({ status: 'ok' }); });
  app.get('/readyz', async (_request, response) => {
    const [helpdeskOk, telegramOk] = await Promise.all([helpdesk(), telegram()]);
    const ready = helpdeskOk && telegramOk;
    response.status(ready ? 200 : 503).set('cache-control', 'no-store')
      .json({ status: ready ? 'ok' : 'failed', helpdesk: word(helpdeskOk), telegram: word(telegramOk) });
  });
  app.get('/metrics', (_request, response: Response, next) => {
    metrics.text().then((text) => response.set('content-type', metrics.contentType).send(text), next);
  });
}

const word = (ok: boolean): 'ok' | 'failed' => (ok ? 'ok' : 'failed');

async function answers(probe: Probe, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(() => { resolve(false); }, timeoutMs); });
  try {
    return await Promise.race([probe().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Those who ask while one asks share its answer. */
function cached(ask: () => Promise<boolean>, nowMs: () => number, cacheMs: number): () => Promise<boolean> {
  let askedAtMs = -Infinity;
  let answer: Promise<boolean> | undefined;
  return () => {
    if (answer === undefined || nowMs() - askedAtMs >= cacheMs) {
      askedAtMs = nowMs();
      answer = ask();
    }
    return answer;
  };
}
