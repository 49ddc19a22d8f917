import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { z } from 'zod';
import { mintId, type BridgeEvent, type CommentId, type ConversationId, type MessageId, type TicketId } from '../../src/core/types.js';
import { createHttpServer } from '../../src/http/server.js';
import { createEmit } from '../../src/observe/emit.js';
import { installHealth, type Probe } from '../../src/observe/health.js';
import { createLogger, type LoggerOptions } from '../../src/observe/logs.js';
import { createOutageWatch } from '../../src/observe/outages.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { createRedaction } from '../../src/observe/redact.js';

const conversation = mintId<ConversationId>('tg:1:5');
const ticket = mintId<TicketId>('7');
const message = mintId<MessageId>('tg:1:5:9');
const comment = mintId<CommentId>('3');
const TOKEN = '123456:AAbbCCddEEffGGhhIIjjKKllMMnnOOpp_-1';

async function lines(options: Partial<LoggerOptions>, write: (logger: ReturnType<typeof createLogger>) => void): Promise<string[]> {
  const output = new PassThrough();
  const logger = createLogger({ level: 'info', pretty: false, secrets: [], output, ...options });
  write(logger);
  await logger.close();
  output.end();
  return (await text(output)).split('\n').filter((line) => line !== '');
}

describe('logs', () => {
  it('write one JSON line each, from the level on', async () => {
    const [first, ...others] = await lines({}, (logger) => {
      logger.log('info', 'relayed', { ticket: '7', none: undefined });
      logger.log('debug', 'too fine');
      logger.log('error', 'second\nline');
    });
    expect(JSON.parse(first ?? '')).toEqual({ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/u), level: 'info', message: 'relayed', ticket: '7' });
    expect(others).toHaveLength(1);
    expect(JSON.parse(others[0] ?? '')).toMatchObject({ level: 'error', message: 'second\nline' });
  });

  it('let no fact take the place of level, message or time', async () => {
    const [line] = await lines({}, (logger) => { logger.log('warn', 'real', { message: 'fake', level: 'info', time: 'never' }); });
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 'warn', message: 'real' });
    expect(line).not.toContain('never');
  });

  it('are readable on a terminal, and keep control characters off it', async () => {
    const [line] = await lines({ pretty: true }, (logger) => { logger.log('warn', 'outage', { system: 'helpdesk', bad: 'x\u001B[2Jy' }); });
    expect(line).toMatch(/warn .*outage {2}system=helpdesk bad=x \[2Jy$/u);
  });

  it('hide secrets and bot tokens anywhere in a line', async () => {
    const written = await lines({ secrets: ['pass"word/1'] }, (logger) => {
      logger.log('info', `connecting with pass"word/1`, { url: `https://api/bot${TOKEN}/getMe`, header: Buffer.from('pass"word/1').toString('base64'), query: `?t=${encodeURIComponent('pass"word/1')}` });
    });
    expect(written.join()).not.toMatch(/pass|AAbbCC|word/u);
    expect(written.join()).toContain('[redacted]');
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 'info' });
  });

  it('never throw, even when nobody can read them', async () => {
    const output = new Writable({ write(_chunk, _encoding, done) { done(new Error('pipe is closed')); } });
    output.on('error', () => undefined);
    const logger = createLogger({ level: 'info', pretty: false, secrets: [], output });
    expect(() => { logger.log('info', 'one'); logger.log('info', 'two'); }).not.toThrow();
    await logger.close();
  });
});

describe('redaction', () => {
  it.each([
    { name: 'a token', in: `bot${TOKEN}/x`, out: 'bot[redacted]/x' }, { name: 'a message id', in: 'tg:1234:5678:90', out: 'tg:1234:5678:90' },
    { name: 'the longer of two secrets', in: 'abcdef', out: '[redacted]' }, { name: 'the shorter one', in: 'abcd', out: '[redacted]' }, { name: 'a word', in: 'an ordinary line', out: 'an ordinary line' },
  ])('of $name', (row) => { expect(createRedaction(['abcd', 'abcdef', 'o', ''])(row.in)).toBe(row.out); });
});

const events: readonly BridgeEvent[] = [
  { type: 'received', kind: 'message', conversation, message },
  { type: 'relayed', direction: 'to_helpdesk', conversation, ticket, message, comment, lagMs: 1500, attempt: 1 },
  { type: 'relayed', direction: 'to_telegram', conversation, ticket, message, comment, lagMs: -5, attempt: 1 },
  { type: 'retry', direction: 'to_helpdesk', conversation, operation: 'addComment', code: 'unavailable', attempt: 1, delayMs: 10, detail: 'no connection' },
  { type: 'buried', entry: 'e', direction: 'to_helpdesk', conversation, code: 'invalid', operation: 'addComment' },
  { type: 'undelivered', conversation, ticket, comment, reason: 'blocked' },
  { type: 'notice', kind: 'receipt', conversation },
  { type: 'ticket_opened', conversation, ticket, number: '7' },
  { type: 'doorbell', ticket, source: 'sweep' },
  { type: 'status', conversation, ticket, phase: 'open' },
  { type: 'request', system: 'helpdesk', operation: 'addComment', durationMs: 40 },
  { type: 'request', system: 'telegram', operation: 'sendMessage', durationMs: 40, code: 'unavailable' },
  { type: 'outage', system: 'helpdesk', up: false, code: 'unavailable' },
  { type: 'lanes', lanes: 3, jobs: 8 },
  { type: 'queue', waiting: 12, failing: true },
  { type: 'log', level: 'info', message: 'started' },
];

describe('metrics', () => {
  it('count every event', async () => {
    const metrics = createMetrics({ processMetrics: false });
    for (const event of events) metrics.count(event);
    const scraped = await metrics.text();
    for (const line of [
      'deskbridge_relayed_total{direction="to_helpdesk"} 1', 'deskbridge_relayed_total{direction="to_telegram"} 1', 'deskbridge_retried_total{direction="to_helpdesk",code="unavailable"} 1',
      'deskbridge_buried_total{direction="to_helpdesk",code="invalid"} 1', 'deskbridge_undelivered_total{reason="blocked"} 1', 'deskbridge_notices_total{kind="receipt"} 1',
      'deskbridge_doorbells_total{source="sweep"} 1', 'deskbridge_lag_seconds_sum{direction="to_helpdesk"} 1.5', 'deskbridge_lag_seconds_sum{direction="to_telegram"} 0',
      'deskbridge_request_duration_seconds_count{system="helpdesk",operation="addComment",code="ok"} 1', 'deskbridge_request_duration_seconds_count{system="telegram",operation="sendMessage",code="unavailable"} 1',
      'deskbridge_outage{system="helpdesk"} 1', 'deskbridge_lanes 3', 'deskbridge_jobs 8', 'deskbridge_updates_waiting 12', 'deskbridge_webhook_failing 1', 'deskbridge_tickets_opened_total 1', 'deskbridge_received_total{kind="message"} 1',
    ]) expect(scraped).toContain(line);
    metrics.count({ type: 'outage', system: 'helpdesk', up: true });
    expect(await metrics.text()).toContain('deskbridge_outage{system="helpdesk"} 0');
  });

  it('stay bounded, apart from each other, and free of ids', async () => {
    const metrics = createMetrics();
    for (let index = 0; index < 500; index += 1) metrics.count({ type: 'request', system: 'helpdesk', operation: `odd${index}`, durationMs: 1 });
    const scraped = await metrics.text();
    expect(scraped.match(/request_duration_seconds_count\{/gu)).toHaveLength(101);
    expect(scraped).toContain('process_cpu_seconds_total');
    const other = createMetrics({ processMetrics: false });
    for (const event of events) other.count(event);
    expect(await other.text()).not.toContain('tg:1:5');
  });
});

describe('emit', () => {
  it('logs, counts and tells listeners; one that throws harms nobody', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const heard: BridgeEvent[] = [];
    const written = await lines({}, (logger) => {
      const emit = createEmit({ logger, metrics, listeners: [() => { throw new Error('listener'); }, (event) => { heard.push(event); }] });
      for (const event of events) emit(event);
    });
    expect(heard).toEqual(events);
    const parsed = written.map((line): unknown => JSON.parse(line));
    expect(parsed.filter((line) => JSON.stringify(line).includes('"relayed"'))).toHaveLength(2);
    expect(parsed).toContainEqual(expect.objectContaining({ level: 'info', message: 'relayed', direction: 'to_helpdesk', conversation, ticket, comment, lagMs: 1500 }));
    expect(parsed).toContainEqual(expect.objectContaining({ level: 'error', message: 'outage', system: 'helpdesk' }));
    expect(parsed).toContainEqual(expect.objectContaining({ level: 'info', message: 'started' }));
    expect(written.join()).not.toContain('"lanes"');
    expect(await metrics.text()).toContain('deskbridge_lanes 3');
  });
});

describe('the log in an outage', () => {
  const retry = { type: 'retry', direction: 'to_helpdesk', conversation, operation: 'addComment', code: 'unavailable', attempt: 1, delayMs: 500, detail: 'no connection' } as const;

  it('holds one line when it begins and one when it is over, and none for each message that waits', async () => {
    const metrics = createMetrics({ processMetrics: false });
    const written = await lines({}, (logger) => {
      const emit = createEmit({ logger, metrics });
      emit({ type: 'outage', system: 'helpdesk', up: false, code: 'unavailable', operation: 'addComment' });
      for (let count = 0; count < 100; count += 1) emit(retry);
      emit({ ...retry, code: 'invalid' }); // not because of the outage
      emit({ type: 'outage', system: 'helpdesk', up: true });
      emit(retry);
    });
    expect(written.map((line) => { const { level, message, code } = z.record(z.string(), z.unknown()).parse(JSON.parse(line)); return [level, message, code]; })).toEqual([
      ['error', 'outage', 'unavailable'], ['warn', 'failed, will try again', 'invalid'], ['info', 'outage', undefined], ['warn', 'failed, will try again', 'unavailable'],
    ]);
    expect(await metrics.text()).toContain('deskbridge_retried_total{direction="to_helpdesk",code="unavailable"} 101');
  });
});

describe('health', () => {
  async function pages(helpdesk: Probe, telegram: Probe, check: (url: string, clock: { nowMs: number }) => Promise<void>): Promise<void> {
    const server = createHttpServer({ host: '127.0.0.1', port: 0, emit: () => undefined });
    const clock = { nowMs: 0 };
    installHealth(server.app, { probes: { helpdesk, telegram }, metrics: createMetrics({ processMetrics: false }), nowMs: () => clock.nowMs, timeoutMs: 30, cacheMs: 1000 });
    const { url } = await server.start();
    await check(url, clock).finally(() => server.stop());
  }
  const fine: Probe = () => Promise.resolve();

  it('is ready when both sides answer', async () => {
    await pages(fine, fine, async (url) => {
      await request(url).get('/readyz').expect(200, { status: 'ok', helpdesk: 'ok', telegram: 'ok' });
      await request(url).get('/healthz').expect(200, { status: 'ok' });
      const metrics = await request(url).get('/metrics').expect(200);
      expect(metrics.headers['content-type']).toContain('text/plain');
      expect(metrics.text).toContain('deskbridge_lanes 0');
    });
  });

  it.each([{ name: 'fails', probe: () => Promise.reject(new Error(TOKEN)) }, { name: 'hangs', probe: () => new Promise<void>(() => undefined) }])('is not ready when a side $name, but alive', async ({ probe }) => {
    await pages(probe, fine, async (url) => {
      await request(url).get('/readyz').expect(503, { status: 'failed', helpdesk: 'failed', telegram: 'ok' });
      await request(url).get('/healthz').expect(200);
    });
  });

  it('asks once for many, and again when the answer is old', async () => {
    let asked = 0;
    await pages(() => { asked += 1; return Promise.resolve(); }, fine, async (url, clock) => {
      await Promise.all(Array.from({ length: 10 }, () => request(url).get('/readyz').expect(200)));
      clock.nowMs = 999;
      await request(url).get('/readyz').expect(200);
      expect(asked).toBe(1);
      clock.nowMs = 1000;
      await request(url).get('/readyz').expect(200);
      expect(asked).toBe(2);
    });
  });
});

describe('outages', () => {
  const createWatch = () => {
    const heard: BridgeEvent[] = [];
    let nowMs = 0;
    const watch = createOutageWatch((event) => { heard.push(event); }, () => nowMs);
    const request = (ok: boolean, system: 'helpdesk' | 'telegram' = 'helpdesk'): void => {
      watch({ type: 'request', system, operation: 'addComment', durationMs: 1, ...(!ok && { code: 'unavailable' as const }) });
    };
    return { watch, request, wait: (ms: number) => { nowMs += ms; }, told: () => heard.flatMap((event) => (event.type === 'outage' ? [`${event.system} ${event.up ? 'up' : 'down'}`] : [])) };
  };

  it('are told once at each end, each side for itself, and one failure alone is none', () => {
    const { request, wait, told } = createWatch();
    request(false);
    request(true);
    for (let count = 0; count < 50; count += 1) request(false);
    request(true, 'telegram');
    wait(10_000);
    request(true);
    request(true);
    expect(told()).toEqual(['helpdesk down', 'helpdesk up']);
  });

  it('last while only some requests are answered', () => {
    const { request, wait, told } = createWatch();
    for (let round = 0; round < 200; round += 1) {
      request(false);
      request(false);
      request(true);
      wait(1_000);
    }
    expect(told()).toEqual(['helpdesk down']);
    for (let count = 0; count < 20; count += 1) request(true);
    expect(told()).toEqual(['helpdesk down', 'helpdesk up']);
  });

  it('that somebody else notices are told by the same rule', () => {
    const { watch, request, wait, told } = createWatch();
    watch({ type: 'outage', system: 'telegram', up: false, code: 'unauthorized', operation: 'getUpdates' });
    watch({ type: 'outage', system: 'telegram', up: true });
    watch({ type: 'outage', system: 'telegram', up: false, code: 'unavailable' });
    expect(told()).toEqual(['telegram down']);
    wait(10_000);
    request(true, 'telegram');
    expect(told()).toEqual(['telegram down', 'telegram up']);
  });
});
