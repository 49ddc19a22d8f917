/** Whatever an admin, an editor or an attacker writes into YAML files and the environment: a config, or problems that name their place. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigProblems, formatProblem, parseConfig } from '../../src/config/load.js';
import { HELPDESKS } from '../../src/helpdesks/index.js';
import { compileMapping, type Problem } from '../../src/mapping/compile.js';
import { shipped, shippedFiles } from '../mapping/files.js';
import { fuzz } from './fuzz.js';
import { growthFault, staysLinear } from './growth.js';

const SHIPPED = readFileSync(new URL('../../config/deskbridge.yaml', import.meta.url), 'utf8');
const SECRET = 's3cr3t-canary-9d1e';
const env = {
  TELEGRAM_BOT_TOKEN: `4242:${SECRET}`, TELEGRAM_WEBHOOK_SECRET: SECRET, HELPDESK_TOKEN: SECRET, HELPDESK_WEBHOOK_SECRET: SECRET, PUBLIC_URL: 'https://bridge.example.kz',
};

function expectProblems(problems: readonly Problem[], secrets = true): void {
  for (const problem of problems) {
    const line = formatProblem(problem);
    expect(problem.file).not.toBe('');
    expect(Number.isInteger(problem.line) && problem.line >= 1 && Number.isInteger(problem.column) && problem.column >= 1).toBe(true);
    expect(problem.message.trim()).not.toBe('');
    expect(line).not.toMatch(/\n\s+at |TypeError|RangeError|\[object Object\]/);
    expect(line.length).toBeLessThan(3_000);
    if (secrets) expect(line).not.toContain('canary');
  }
}

/** Only ConfigProblems may be thrown. */
function load(text: string, environment: Readonly<Record<string, string | undefined>> = env): void {
  try {
    const config = parseConfig({ path: 'config/deskbridge.yaml', text }, environment, HELPDESKS, () => { throw new Error('no such file'); });
    expect(Object.isFrozen(config)).toBe(true);
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblems)) throw thrown;
    expect(thrown.problems.length).toBeGreaterThan(0);
    expectProblems(thrown.problems);
  }
}

const scalar = fc.oneof(
  fc.constantFrom('', '~', 'null', 'true', '1', '-1', '0x1F', '1e999', '.nan', '.inf', '2026-11-21', "''", '""', '[]', '{}', '[a, b]', '{a: b}', '&a x', '*a', '*nothing', '!!binary AAAA', '!!js/function x', '!x y', '!!set {a}', '| ', '>-', '@x', '`x`', '%x',
    '${TELEGRAM_BOT_TOKEN}', '${HELPDESK_TOKEN}x', '${NOT_SET}', '${NOT_SET:-5}', '${', '${}', '${A${B}}', '${__proto__}', '${constructor}', '"${HELPDESK_TOKEN}"', 'desk', 'request-tracker', 'zammad', '__proto__', 'constructor', 'webhook', 'https://e.kz', 'http://u:p@e.kz',
    'x'.repeat(3_000), '"\\ud83d"', '"\\u0000"', '👍', '# comment', '- a', 'a: b', ': ', '? ', '---', '...', '\t', '<<', '"unclosed', "'unclosed"),
  fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const KEYS = ['telegram', 'token', 'apiRoot', 'mode', 'webhookSecret', 'publicUrl', 'limits', 'perSecond', 'server', 'host', 'port', 'dataDir', 'idMap', 'engine', 'helpdesk', 'name', 'url', 'options', 'desk', 'agents', 'mappingsDir', 'sweepSeconds', 'logLevel', 'queues', 'default', 'topics',
  'title', 'en', 'ru', 'statuses', 'settings', 'defaultLocale', 'showAgent', 'start', 'receipt', 'answerWithinMinutes', 'tags', 'priority', '__proto__', 'constructor', 'toString', '<<', '? a', '1', 'null', '"a b"', '[a]', '{a: b}', '&k x', '*k', 'tokn'];

/** Lines of keys and values at any depth. */
const anyYaml = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.tuple(fc.nat(4), fc.constantFrom('', '- '), fc.constantFrom(...KEYS), scalar), { maxLength: 12 })
    .map((lines) => lines.map(([depth, item, key, value]) => `${'  '.repeat(depth)}${item}${key}: ${value}`).join('\n')) },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 6 }).map((values) => values.join('\n')) },
);

/** A good file with some lines lost, doubled, moved in or with another value. */
function edited(text: string): fc.Arbitrary<string> {
  const lines = text.split('\n');
  const used = lines.flatMap((line, index) => (/^\s*[^#\s]/.test(line) ? [index] : []));
  const edit = fc.record({ at: fc.constantFrom(...used), kind: fc.constantFrom('value', 'value', 'key', 'remove', 'double', 'indent', 'insert'), key: fc.constantFrom(...KEYS), value: scalar });
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce((current, { at, kind, key, value }) => current.map((line, index) => {
    if (index !== at) return line;
    if (kind === 'value') return line.replace(/:.*$/s, () => `: ${value}`);
    if (kind === 'key') return line.replace(/^(\s*-?\s*)[^:]*:/, (_whole, before: string) => `${before}${key}:`);
    if (kind === 'double') return `${line}\n${line}`;
    if (kind === 'indent') return `  ${line}`;
    return kind === 'insert' ? `${line}\n${key}: ${value}` : '';
  }), lines).join('\n'));
}

const anyEnvironment = fc.dictionary(fc.constantFrom('TELEGRAM_BOT_TOKEN', 'TELEGRAM_API_ROOT', 'TELEGRAM_MODE', 'TELEGRAM_WEBHOOK_SECRET', 'PUBLIC_URL', 'HOST', 'PORT', 'DATA_DIR', 'IDMAP', 'DATABASE_URL', 'LOG_LEVEL', 'HELPDESK', 'HELPDESK_URL', 'HELPDESK_TOKEN', 'HELPDESK_WEBHOOK_SECRET',
  'SWEEP_SECONDS', 'TELEGRAM_BOT_TOKEN_FILE', 'HELPDESK_TOKEN_FILE', 'PORT_FILE', 'DESK_AGENT_TOKEN'), fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('', ' ', '-1', '1e5', 'webhook', 'desk', 'https://e.kz/', 'ftp://x', '${PORT}', 'x'.repeat(5_000), '"', ': ', '- a', '[', '{', '\n', '__proto__')));

describe('the config', () => {
  it('is what the tests below change', () => {
    expect(() => { load(SHIPPED); }).not.toThrow();
  });
  fuzz('is read, or refused with the place of each problem', edited(SHIPPED), 300, (text) => { load(text); });
  fuzz('is refused when it is anything else', anyYaml, 500, (text) => { load(text); });
  fuzz('takes any environment', anyEnvironment, 300, (given) => {
    const values = Object.entries(given).filter(([name]) => /TOKEN$|SECRET$/.test(name)).map(([, value]) => value).filter((value) => /^[\w$]{8,}$/.test(value));
    try {
      parseConfig({ path: 'config/deskbridge.yaml', text: SHIPPED }, given, HELPDESKS, () => 'from-a-file-canary');
    } catch (thrown) {
      if (!(thrown instanceof ConfigProblems)) throw thrown;
      expectProblems(thrown.problems);
      for (const value of values) expect(thrown.message).not.toContain(value);
    }
  });
  fuzz('never shows a secret, wherever it was put', fc.tuple(fc.constantFrom('TELEGRAM_BOT_TOKEN', 'HELPDESK_TOKEN', 'TELEGRAM_WEBHOOK_SECRET', 'HELPDESK_WEBHOOK_SECRET'), fc.constantFrom('', ' ', '\n', '"', ': ', 'ы'), fc.constantFrom(...KEYS.slice(0, 23))), 300, ([name, broken, key]) => {
    load(SHIPPED, { ...env, [name]: `${SECRET}${broken}${SECRET}` });
    load(`telegram:\n  token: \${TELEGRAM_BOT_TOKEN}\n  ${key}: \${${name}}\nhelpdesk:\n  ${key}: \${${name}}\n${key}: \${${name}}\n`);
  });
});

describe('the mappings', () => {
  const names = ['queues.yaml', 'topics.yaml', 'statuses.yaml', 'settings.yaml', 'texts/en.yaml'];
  const files = fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), fc.oneof({ weight: 3, arbitrary: edited(shipped(name)) }, { weight: 1, arbitrary: anyYaml }, { weight: 1, arbitrary: fc.constant(undefined) })));

  fuzz('are read, or refused with the place of each problem', files, 250, ([name, text]) => {
    const { mapping, problems } = compileMapping(shippedFiles({ [name]: text }));
    expectProblems(problems, false);
    expect(mapping === undefined).toBe(problems.some(({ level }) => level === 'error'));
    if (mapping === undefined) return;
    for (const locale of [...mapping.locales, 'xx']) {
      expect(typeof mapping.text(locale, 'receipt', { number: '7', answer: '{{number}}' }).text).toBe('string');
      for (const { id } of mapping.topics(locale)) expect(mapping.route(id).topic).toBe(id);
    }
  });
});

const BOMBS: readonly { readonly name: string; readonly make: (scale: number) => string }[] = [
  { name: 'aliases of aliases', make: (scale) => ['a0: &a0 [x,x,x,x,x,x,x,x,x]', ...Array.from({ length: scale * 4 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(',')}]`)].join('\n') },
  { name: 'merged aliases', make: (scale) => ['a0: &a0 {x: 1}', ...Array.from({ length: scale * 4 }, (_, level) => `a${level + 1}: &a${level + 1} {<<: [*a${level}, *a${level}], k${level}: *a${level}}`)].join('\n') },
  { name: 'many aliases of one anchor', make: (scale) => `a: &a {x: 1}\n${Array.from({ length: 150 * scale }, (_, index) => `k${index}: *a`).join('\n')}` },
  { name: 'deep lists', make: (scale) => `${'['.repeat(200 * scale)}${']'.repeat(200 * scale)}` },
  { name: 'deep maps', make: (scale) => `${'{a: '.repeat(200 * scale)}x${'}'.repeat(200 * scale)}` },
  { name: 'deep lists without end', make: (scale) => '['.repeat(120 * scale) },
  { name: 'deep blocks', make: (scale) => '- '.repeat(400 * scale) },
  { name: 'an alias of itself', make: () => 'telegram: &a {token: *a, x: [*a, *a]}' },
  { name: 'a long string', make: (scale) => `a: ${'x'.repeat(20_000 * scale)}` },
  { name: 'many unknown keys', make: (scale) => Array.from({ length: 30 * scale }, (_, index) => `tokn${index}: 1`).join('\n') },
  { name: 'many variables', make: (scale) => Array.from({ length: 30 * scale }, (_, index) => `k${index}: \${V${index}}`).join('\n') },
  { name: 'many lists of agents', make: (scale) => `desk:\n  agents:\n${'    - {name: "", token: x}\n'.repeat(60 * scale)}` },
  { name: 'too long a file', make: (scale) => 'a: 1\n'.repeat(30_000 * scale) },
];

describe('bombs of YAML', () => {
  it.each(BOMBS)('take bounded time: $name', ({ make }) => {
    expect(growthFault(make, (text) => { load(text); })).toBeUndefined();
    expect(growthFault(make, (text) => { expectProblems(compileMapping(shippedFiles({ 'topics.yaml': text })).problems, false); })).toBeUndefined();
  });

  staysLinear('take time in proportion to the file, whatever is repeated', fc.tuple(fc.constantFrom(...KEYS), scalar).map(([key, value]) => `  ${key}: ${value}\n`), 4, 400,
    (line, length) => `telegram:\n${line.repeat(Math.ceil(length / line.length))}`, (text) => { load(text); });
});
