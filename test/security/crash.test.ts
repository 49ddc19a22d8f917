/** The last words of a program that nobody could save: where, and never what. */
import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BridgeError } from '../../src/core/errors.js';
import { crashReport } from '../../src/main/crash.js';
import { root } from '../e2e/program.js';

const CANARY = 'canary-word-of-a-message';
const TOKEN = '7000000042:canary-token-that-nobody-may-see';

describe('a crash report', () => {
  const fromWire = Object.assign(new Error(`request to https://api.telegram.org/bot${TOKEN}/sendMessage failed`), { code: 'ECONNRESET', config: { headers: { authorization: TOKEN }, data: CANARY } });
  it.each([
    { name: 'an error of a library', thrown: fromWire, says: 'Error ECONNRESET' }, { name: 'torn JSON', thrown: (() => { try { return JSON.parse(`{"a": ${CANARY}`) as unknown; } catch (error) { return error; } })(), says: 'SyntaxError' },
    { name: 'several lines', thrown: new TypeError(`a\n    at ${CANARY} (x.js:1:1)\n${TOKEN}`), says: 'TypeError' }, { name: 'a text', thrown: `${CANARY} ${TOKEN}`, says: 'string' },
    { name: 'an object', thrown: { message: CANARY, token: TOKEN }, says: 'object' }, { name: 'nothing', thrown: undefined, says: 'undefined' },
    { name: 'our own error around it', thrown: new BridgeError({ code: 'internal', operation: 'send', message: 'unexpected Error in send', cause: fromWire }), says: 'internal: unexpected Error in send < Error ECONNRESET' },
  ])('of $name holds no word of it', ({ thrown, says }) => {
    const report = crashReport(thrown);
    expect(report).not.toMatch(/canary|7000000042/);
    expect(report.split('\n')).toHaveLength(1);
    expect(JSON.parse(report)).toMatchObject({ level: 'error', message: 'crashed', error: says });
  });

  it.each([
    ['thrown', `setTimeout(() => { throw new Error(${JSON.stringify(CANARY)}); })`], ['rejected', `Promise.reject(Object.assign(new Error(${JSON.stringify(TOKEN)}), { config: ${JSON.stringify(CANARY)} }))`],
    ['an error event', `new (await import('node:events')).EventEmitter().emit('error', new Error(${JSON.stringify(CANARY)}))`],
  ])('is all that the program prints: %s', async (_how, code) => {
    const script = `const { installCrashReport } = await import(${JSON.stringify(join(root, 'dist/main/crash.js'))}); installCrashReport(); ${code}; setTimeout(() => {}, 5000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    expect(await new Promise((resolve) => { child.on('close', resolve); })).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ message: 'crashed' });
    expect(output).not.toMatch(/canary|7000000042/);
  });
});
