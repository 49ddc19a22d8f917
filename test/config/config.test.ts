import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { HelpdeskDefinition } from '../../src/core/ports.js';
import { loadConfig } from '../../src/config.js';
import { ConfigProblems, formatProblem, parseConfig, type Helpdesks } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';

const TOKEN = '123456:AAbbCCdd_eeFF-gghhii';
const definition = (name: string): HelpdeskDefinition => ({
  name, optionsSchema: z.strictObject({ inbox: z.int().default(1), brand: z.string().optional() }), create: () => { throw new Error('not in this test'); },
});
const helpdesks: Helpdesks = { desk: definition('desk'), acme: definition('acme') };
const shipped = readFileSync(new URL('../../config/deskbridge.yaml', import.meta.url), 'utf8');

function parse(text: string, env: Record<string, string> = {}, readFile: (path: string) => string = () => { throw new Error('no such file'); }): Config {
  return parseConfig({ path: 'c.yaml', text }, env, helpdesks, readFile);
}

function problems(text: string, env: Record<string, string> = {}, readFile?: (path: string) => string): readonly string[] {
  try {
    parse(text, env, readFile);
  } catch (thrown) {
    if (thrown instanceof ConfigProblems) return thrown.problems.map(formatProblem);
    throw thrown;
  }
  return [];
}

describe('the config file that comes with the product', () => {
  it('needs a token and nothing else', () => {
    expect(parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN })).toEqual({
      telegram: { token: TOKEN, apiRoot: 'https://api.telegram.org', local: false, mode: 'polling', limits: { perSecond: 30, perChatPerSecond: 1, perChatBurst: 3, perGroupPerMinute: 20, requesterBurst: 120, requesterPerMinute: 30 } },
      server: { host: '127.0.0.1', port: 8080 }, dataDir: './data', idMap: { engine: 'lowdb' }, helpdesk: { name: 'desk', options: { inbox: 1 } }, desk: { agents: [] },
      media: { ffmpeg: 'auto' }, mappingsDir: './mappings', sweepSeconds: 30, logLevel: 'info', file: 'c.yaml',
    });
  });

  it('has the defaults that an empty one has', () => {
    expect(parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN })).toEqual(parse(`telegram: { token: '${TOKEN}' }`));
  });

  it('reads the environment', () => {
    const env = {
      TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_ROOT: 'http://127.0.0.1:8081/', TELEGRAM_MODE: 'webhook', TELEGRAM_WEBHOOK_SECRET: 'a_b-9', TELEGRAM_OPERATORS_CHAT: '-1001234567890', PUBLIC_URL: 'https://bot.example.kz/',
      HOST: '0.0.0.0', PORT: '0', DATA_DIR: '/data', IDMAP: '', LOG_LEVEL: 'debug', MAPPINGS_DIR: '/m', HELPDESK: 'acme', HELPDESK_URL: 'https://h.example.kz/rt/',
      HELPDESK_TOKEN: '1234', HELPDESK_WEBHOOK_SECRET: 's', SWEEP_SECONDS: '2.5',
    };
    expect(parse(shipped, env)).toMatchObject({
      telegram: { apiRoot: 'http://127.0.0.1:8081', mode: 'webhook', webhookSecret: 'a_b-9', publicUrl: 'https://bot.example.kz' },
      server: { host: '0.0.0.0', port: 0 }, dataDir: '/data', idMap: { engine: 'lowdb' }, logLevel: 'debug', mappingsDir: '/m', sweepSeconds: 2.5,
      helpdesk: { name: 'acme', url: 'https://h.example.kz/rt', token: '1234', webhookSecret: 's' },
    });
  });

  it('takes a local Bot API server and ffmpeg as the words that they are', () => {
    const read = (env: object) => parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN, ...env });
    expect(read({ TELEGRAM_LOCAL: 'true' }).telegram.local).toBe(true);
    expect(read({ TELEGRAM_LOCAL: 'false' }).telegram.local).toBe(false);
    expect(parse(`telegram: { token: '${TOKEN}', local: true }`).telegram.local).toBe(true);
    for (const wrong of ['yes', '1', 'TRUE']) expect(() => read({ TELEGRAM_LOCAL: wrong })).toThrow(/telegram\.local/);
    for (const right of ['auto', 'off', '/opt/ffmpeg/bin/ffmpeg']) expect(read({ MEDIA_FFMPEG: right }).media.ffmpeg).toBe(right);
    for (const wrong of ['on', 'ffmpeg', './ffmpeg']) expect(() => read({ MEDIA_FFMPEG: wrong })).toThrow(/media\.ffmpeg/);
  });

  it('takes the operators\' chat as a number, and nothing else', () => {
    expect(parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_OPERATORS_CHAT: '-1001234567890' }).telegram.operatorsChat).toBe(-1_001_234_567_890);
    expect(parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN }).telegram.operatorsChat).toBeUndefined();
    for (const wrong of ['@operators', '0', '12.5', '99999999999999999999']) expect(() => parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_OPERATORS_CHAT: wrong })).toThrow(/telegram\.operatorsChat/);
  });

  it('takes every variable from a file, without the line break at its end', () => {
    const names = [...shipped.matchAll(/: \$\{([A-Z_]+)/g)].map((match) => match[1] ?? '');
    const values: Record<string, string> = {
      TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_ROOT: 'http://127.0.0.1:8081', TELEGRAM_MODE: 'webhook', TELEGRAM_WEBHOOK_SECRET: 'a_b-9', TELEGRAM_OPERATORS_CHAT: '-1001234567890', PUBLIC_URL: 'https://bot.example.kz',
      HOST: '0.0.0.0', PORT: '81', DATA_DIR: '/data', IDMAP: 'lowdb', DATABASE_URL: 'postgres://u:p w @h/d', LOG_LEVEL: 'debug', MAPPINGS_DIR: '/m', HELPDESK: 'acme',
      HELPDESK_URL: 'https://h.example.kz/rt', HELPDESK_TOKEN: ' 12 34 ', HELPDESK_WEBHOOK_SECRET: 's', SWEEP_SECONDS: '2.5', MEDIA_FFMPEG: 'off', TELEGRAM_LOCAL: 'true', DESK_AGENT_NAME: 'Dana', DESK_AGENT_TOKEN: '12345678',
    };
    expect(Object.keys(values).sort()).toEqual([...names].sort());
    const env = Object.fromEntries(names.map((name) => [`${name}_FILE`, `/run/secrets/${name}`]));
    for (const end of ['', '\n', '\r\n']) {
      expect(parse(shipped, env, (path) => `${values[path.replace('/run/secrets/', '')] ?? ''}${end}`)).toEqual(parse(shipped, values));
    }
  });

  it.each([
    { name: 'a file that is not there', env: { TELEGRAM_BOT_TOKEN_FILE: '/nope/hunter2' }, out: ['telegram.token: the file that the environment variable TELEGRAM_BOT_TOKEN_FILE names cannot be read (ENOENT)'] },
    { name: 'an empty file', env: { TELEGRAM_BOT_TOKEN_FILE: '/empty' }, out: ['telegram.token: the file that the environment variable TELEGRAM_BOT_TOKEN_FILE names is empty'] },
    { name: 'a file with nothing but a line break', env: { TELEGRAM_BOT_TOKEN: TOKEN, HELPDESK_TOKEN_FILE: '/newline' }, out: ['helpdesk.token: the file that the environment variable HELPDESK_TOKEN_FILE names is empty'] },
    { name: 'both', env: { TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_BOT_TOKEN_FILE: '/hunter2' }, out: ['telegram.token: both environment variables TELEGRAM_BOT_TOKEN and TELEGRAM_BOT_TOKEN_FILE are set; unset one of them'] },
    { name: 'both, of a variable that has a default', env: { TELEGRAM_BOT_TOKEN: TOKEN, DESK_AGENT_TOKEN: 'hunter2hunter2', DESK_AGENT_TOKEN_FILE: '/hunter2' },
      out: ['desk.agents.0.token: both environment variables DESK_AGENT_TOKEN and DESK_AGENT_TOKEN_FILE are set; unset one of them'] },
    { name: 'a file with something else', env: { TELEGRAM_BOT_TOKEN_FILE: '/hunter2' }, out: [expect.stringMatching(/^telegram\.token: does not look like a bot token/)] },
  ])('says what is wrong with $name, and nothing of what is in it', ({ env, out }) => {
    const files: Record<string, string> = { '/empty': '', '/newline': '\n', '/hunter2': 'hunter2\n' };
    const read = (path: string): string => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file ${path}`), { code: 'ENOENT' });
      return text;
    };
    const found = problems(shipped, env, read);
    expect(found.map((line) => line.replace(/^c\.yaml:\d+:\d+ /, ''))).toEqual(out);
    expect(found.join('\n')).not.toContain('hunter2');
  });

  it('names every variable of .env.example, and the other way round', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const listed = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1] ?? '').filter((name) => name !== 'DESKBRIDGE_CONFIG');
    const used = [...shipped.matchAll(/: \$\{([A-Z_]+)/g)].map((match) => match[1] ?? '');
    expect(listed.sort()).toEqual(used.sort());
  });

  it('loads with the real registry', () => {
    const { config } = loadConfig({ env: { TELEGRAM_BOT_TOKEN: TOKEN } });
    expect(config).toMatchObject({ file: 'config/deskbridge.yaml', helpdesk: { name: 'desk' } });
  });
});

const GOOD = `telegram:\n  token: '${TOKEN}'\n`;

describe('a config', () => {
  it('is frozen to the bottom', () => {
    const config = parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN });
    expect([config, config.telegram, config.telegram.limits, config.helpdesk.options].every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('knows the agents of the desk that have a token', () => {
    expect(parse(shipped, { TELEGRAM_BOT_TOKEN: TOKEN, DESK_AGENT_TOKEN: '12345678' }).desk.agents).toEqual([{ name: 'Agent', token: '12345678' }]);
    const text = `${GOOD}desk:\n  agents:\n    - { name: Dana, token: '${'x'.repeat(8)}' }\n    - name: Aset\n      token: \${NONE:-}\n`;
    expect(parse(text).desk.agents).toEqual([{ name: 'Dana', token: 'xxxxxxxx' }]);
  });

  it('gives options as the helpdesk makes them', () => {
    expect(parse(`telegram: { token: '${TOKEN}' }\nhelpdesk:\n  name: acme\n  url: https://a.kz\n  token: t\n  options:\n    inbox: \${INBOX}\n`, { INBOX: '7' }).helpdesk.options).toEqual({ inbox: 7 });
  });
});

const CASES: readonly { name: string; text: string; env?: Record<string, string>; out: readonly (string | RegExp)[] }[] = [
  { name: 'an unset variable', text: 'telegram:\n  token: ${NOPE}\n', out: ['c.yaml:2:3 telegram.token: the environment variable NOPE is not set; set it, or NOPE_FILE to a file that holds it'] },
  { name: 'a broken variable', text: `${GOOD}dataDir: \${A B}\n`, out: [/^c\.yaml:3:1 dataDir: has a \$\{ that is not/] },
  { name: 'an unknown key', text: `${GOOD}  publicurl: x\n`, out: ['c.yaml:3:3 telegram.publicurl: unknown key "publicurl"; did you mean "publicUrl"?'] },
  { name: 'an unknown section', text: `${GOOD}sever:\n  port: 1\n`, out: ['c.yaml:3:1 sever: unknown key "sever"; did you mean "server"?'] },
  { name: 'a token that is none', text: 'telegram:\n  token: hunter2\n', out: [/^c\.yaml:2:3 telegram\.token: does not look like a bot token/] },
  { name: 'a number out of range', text: `${GOOD}server:\n  port: 70000\n`, out: [/^c\.yaml:4:3 server\.port: must be at most 65535$/] },
  { name: 'a number that is none', text: `${GOOD}sweepSeconds: \${S}\n`, env: { S: 'often' }, out: [/^c\.yaml:3:1 sweepSeconds: is not right: expected number/] },
  { name: 'a wrong mode', text: `${GOOD}  mode: poling\n`, out: ['c.yaml:3:3 telegram.mode: must be one of polling, webhook; did you mean "polling"?'] },
  { name: 'a webhook with nothing', text: `${GOOD}  mode: webhook\n`, out: [/telegram\.publicUrl: mode webhook needs the address.*PUBLIC_URL/, /telegram\.webhookSecret: mode webhook needs a secret.*TELEGRAM_WEBHOOK_SECRET/] },
  { name: 'a webhook without https', text: `${GOOD}  mode: webhook\n  publicUrl: http://a.kz\n  webhookSecret: x\n`, out: [/^c\.yaml:4:3 telegram\.publicUrl: must start with https:\/\//] },
  { name: 'a webhook of an own server may do without https', text: `${GOOD}  mode: webhook\n  apiRoot: http://127.0.0.1:1\n  publicUrl: http://127.0.0.1:2\n  webhookSecret: x\n`, out: [] },
  { name: 'a webhook secret with other characters', text: `${GOOD}  webhookSecret: 'a b'\n`, out: [/webhookSecret: must be 1 to 256/] },
  { name: 'an unknown helpdesk', text: `${GOOD}helpdesk:\n  name: acne\n`, out: ['c.yaml:4:3 helpdesk.name: there is no helpdesk "acne"; did you mean "acme"? (known: desk, acme)'] },
  { name: 'a helpdesk without address and token', text: `${GOOD}helpdesk:\n  name: acme\n`, out: [/helpdesk\.url: helpdesk acme needs its address; set HELPDESK_URL/, /helpdesk\.token: helpdesk acme needs a token; set HELPDESK_TOKEN/] },
  { name: 'a desk elsewhere without token', text: `${GOOD}helpdesk:\n  url: http://127.0.0.1:9\n`, out: [/helpdesk\.token: helpdesk desk needs a token/] },
  { name: 'a wrong option', text: `${GOOD}helpdesk:\n  options:\n    inbx: 1\n    brand: 5\n`, out: [/^c\.yaml:5:5 helpdesk\.options\.inbx: unknown key "inbx"; did you mean "inbox"/, /^c\.yaml:6:5 helpdesk\.options\.brand: is not right: expected string/] },
  { name: 'mistakes in a list', text: `${GOOD}desk:\n  agents:\n    - name: a\n      token: short\n    - name: b\n      tokn: \${NOPE}\n`,
    out: ['c.yaml:6:7 desk.agents.0.token: must be at least 8 characters', /^c\.yaml:8:7 desk\.agents\.1\.tokn: the environment variable NOPE is not set/] },
  { name: 'an unknown key in a list', text: `${GOOD}desk:\n  agents:\n    - tokn: x\n`, out: ['c.yaml:5:7 desk.agents.0.tokn: unknown key "tokn"; did you mean "token"?'] },
  { name: 'an unknown helpdesk far from any', text: `${GOOD}helpdesk:\n  name: zzzzzzz\n`, out: ['c.yaml:4:3 helpdesk.name: there is no helpdesk "zzzzzzz"; known: desk, acme'] },
  { name: 'an id map that is not there yet', text: `${GOOD}idMap:\n  engine: postgres\n`, out: ['c.yaml:4:3 idMap.engine: postgres is not available yet; use lowdb'] },
  { name: 'an address with a password in it', text: `${GOOD}helpdesk:\n  url: https://u:p@a.kz\n  token: t\n`, out: [/helpdesk\.url: must be an address/] },
  { name: 'broken YAML', text: 'telegram: [\n', out: [/^c\.yaml:\d+:\d+ not valid YAML: /] },
  { name: 'an alias of nothing', text: `${GOOD}helpdesk: *hunter2\n`, out: [/^c\.yaml:1:1 uses too many aliases/] },
  { name: 'a token where the name of the helpdesk belongs', text: `${GOOD}helpdesk:\n  name: 4242:hunter2\n`, out: ['c.yaml:4:3 helpdesk.name: there is no helpdesk of this name; known: desk, acme'] },
  ...['telegram: &a {token: *a}', `telegram: ${'['.repeat(300)}${']'.repeat(300)}`, `a: &a [x, x]\n${Array.from({ length: 9 }, (_, level) => `b${level}: &b${level} [${Array(9).fill(level === 0 ? '*a' : `*b${level - 1}`).join(', ')}]`).join('\n')}`].map((text, index) => (
    { name: `more than anybody can walk through (${index})`, text, out: [/^c\.yaml:1:1 uses too many aliases, an alias \(\*name\) of itself or of nothing, or more levels/] })),
  { name: 'an empty file', text: '', out: [/^c\.yaml:1:1 telegram: is missing/] },
  { name: 'a list', text: '- a\n', out: [/is not right: expected object/] },
];

describe('problems of a config', () => {
  it.each(CASES)('$name', ({ text, env, out }) => {
    expect(problems(text, env)).toEqual(out.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))));
  });

  it('come all at once: eight mistakes, eight lines', () => {
    const text = 'telegram:\n  token: ${NOPE}\n  mode: webhook\n  publicUrl: http://a.kz\nserver:\n  prot: 1\n  port: -1\nhelpdesk:\n  name: acne\nidMap:\n  engine: postgres\nlogLevel: loud\n';
    const paths = ['telegram.token', 'telegram.webhookSecret', 'telegram.publicUrl', 'server.prot', 'server.port', 'helpdesk.name', 'idMap.engine', 'logLevel'];
    const found = problems(text);
    expect(found).toHaveLength(paths.length);
    for (const path of paths) expect(found.filter((line) => line.includes(` ${path}: `))).toHaveLength(1);
  });

  it('never show a secret', () => {
    const text = 'telegram:\n  token: ${T}\n  webhookSecret: ${W}\nhelpdesk:\n  token: ${T}\n  url: ${U}\n';
    const shown = problems(text, { T: 'hunter2', W: 'hunter2 !', U: 'https://user:hunter2@a.kz' }).join('\n');
    expect(shown).toContain('telegram.token');
    expect(shown).not.toContain('hunter2');
    const broken = problems('  telegram:\ntoken: hunter2\n').join('\n');
    expect(broken).toContain('not valid YAML');
    expect(broken).not.toContain('hunter2');
  });
});
