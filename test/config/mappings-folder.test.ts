import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../src/core/ports.js';
import type { BridgeEvent } from '../../src/core/types.js';
import { check, explain } from '../../src/config/check.js';
import { openMappings } from '../../src/config/mappings-folder.js';

let folder: string;
let events: BridgeEvent[];

/** A clock that rests until the test says that the time has come. */
function handClock(): Clock & { readonly ring: () => Promise<void>; readonly sleepers: () => number } {
  const waiting = new Set<() => void>();
  return {
    nowMs: () => 0,
    sleep: (_delayMs, signal) => new Promise((resolve) => {
      const wake = (): void => { waiting.delete(wake); resolve(); };
      waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    }),
    ring: async () => {
      for (const wake of [...waiting]) wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
    sleepers: () => waiting.size,
  };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mappings-'));
  cpSync(fileURLToPath(new URL('../../mappings', import.meta.url)), folder, { recursive: true });
  events = [];
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const change = (name: string, from: string | RegExp, to: string): void => {
  const path = join(folder, name);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
};
const logged = (): readonly string[] => events.flatMap((event) => (event.type === 'log' ? [`${event.level} ${event.message}`] : []));

describe('the mappings folder', () => {
  it('is read again when the time has come, and a good change is used', async () => {
    const clock = handClock();
    const mappings = openMappings(folder, { emit: (event) => events.push(event), clock });
    expect(mappings.current().route('question').answerWithinMinutes).toBe(240);
    change('queues.yaml', 'answerWithinMinutes: 240', 'answerWithinMinutes: 90');
    await clock.ring();
    expect(mappings.current().route('question').answerWithinMinutes).toBe(90);
    expect(logged()).toEqual(['info the mappings changed and are in use']);
    mappings.close();
  });

  it('keeps the last good mapping when a change is bad, says so once, and takes the mended one', async () => {
    const clock = handClock();
    const mappings = openMappings(folder, { emit: (event) => events.push(event), clock });
    const before = mappings.current();
    change('topics.yaml', 'queue: Security', 'queue: Nowhere');
    await clock.ring();
    await clock.ring();
    expect(mappings.current()).toBe(before);
    expect(mappings.problems()).toHaveLength(1);
    expect(logged()).toEqual([
      expect.stringMatching(/^error mappings: .*topics\.yaml:22:5 topics\.security\.queue: no queue "Nowhere"/),
      'error the changed mappings have mistakes; the last good ones stay in use',
    ]);
    change('topics.yaml', 'queue: Nowhere', 'queue: General');
    await clock.ring();
    expect(mappings.current().route('security').queue).toBe('General');
    mappings.close();
  });

  it('stays in use when the folder goes away', () => {
    const mappings = openMappings(folder, { emit: (event) => events.push(event), clock: handClock() });
    rmSync(folder, { recursive: true });
    expect(mappings.reload()).toBe(false);
    expect(mappings.current().locales).toEqual(['en', 'kk', 'ru']);
    expect(logged()).toEqual(['warn the mappings folder cannot be read; the last good mappings stay in use']);
    mappings.close();
  });

  it('notices a change by itself, and waits until the editor is done', async () => {
    const clock = handClock();
    const noticed = new Promise<void>((resolve) => {
      const { sleep } = clock;
      clock.sleep = (delayMs, signal) => {
        if (delayMs < 1000) resolve();
        return sleep(delayMs, signal);
      };
    });
    const mappings = openMappings(folder, { emit: () => undefined, clock });
    change('texts/en.yaml', 'language.name: English', 'language.name: Plain English');
    await noticed;
    expect(mappings.current().label('en', 'language.name')).toBe('English');
    await clock.ring();
    expect(mappings.current().label('en', 'language.name')).toBe('Plain English');
    mappings.close();
  });

  it('leaves nobody waiting after close', async () => {
    const clock = handClock();
    const mappings = openMappings(folder, { emit: () => undefined, clock });
    expect(clock.sleepers()).toBe(1);
    mappings.close();
    await clock.ring();
    expect(clock.sleepers()).toBe(0);
  });

  it('must be good at the start', () => {
    change('settings.yaml', 'defaultLocale: en', 'defaultLocale: de');
    expect(() => openMappings(folder, { emit: () => undefined, clock: handClock() })).toThrow(/settings\.yaml:4:1 defaultLocale: there is no texts\/de\.yaml/);
    expect(() => openMappings(join(folder, 'nope'), { emit: () => undefined, clock: handClock() })).toThrow(/the mappings folder cannot be read/);
  });
});

describe('check', () => {
  const env = (): Record<string, string> => ({ TELEGRAM_BOT_TOKEN: '123456:AAbbCCdd', MAPPINGS_DIR: folder });

  it('is content with what comes with the product', () => {
    expect(check(undefined, env())).toEqual({ ok: true, problems: [], lines: ['all is well: polling, helpdesk desk'] });
  });

  it('lists what is wrong with config and mappings together', () => {
    change('topics.yaml', 'queue: Security', 'queue: Nowhere');
    change('texts/kk.yaml', /^language\.done:.*$/m, '');
    const report = check(undefined, { ...env(), PORT: 'x', LOG_LEVEL: 'loud' });
    expect(report.ok).toBe(false);
    expect(report.lines).toEqual([
      expect.stringMatching(/^config\/deskbridge\.yaml:\d+:3 server\.port: /), expect.stringMatching(/^config\/deskbridge\.yaml:\d+:1 logLevel: /),
      expect.stringMatching(/kk\.yaml:\d+:1 warning: language\.done: is missing/), expect.stringMatching(/topics\.yaml:22:5 topics\.security\.queue: /),
      '3 errors, 1 warning',
    ]);
  });

  it('says which config file is not there', () => {
    expect(check('/nope/deskbridge.yaml', env()).lines[0]).toMatch(/^\/nope\/deskbridge\.yaml:1:1 cannot be read/);
  });
});

describe('explain', () => {
  it('tells where a message goes', () => {
    const mappings = openMappings(folder, { emit: () => undefined, clock: handClock() });
    mappings.close();
    expect(explain(mappings.current(), { topic: 'security', locale: 'ru', text: 'Взломали почту\nпомогите' })).toEqual([
      'topic      security (Безопасность)', 'queue      Security', 'priority   high', 'tags       telegram, security', 'answer     within 60 minutes',
      'language   ru', 'subject    Взломали почту',
      'requester  the Telegram id, name, username, language, link, phone, photo, shown as "Somebody"',
    ]);
    expect(explain(mappings.current(), { topic: 'refund' })[0]).toBe('topic      question (Question), because there is no topic "refund"');
  });
});
