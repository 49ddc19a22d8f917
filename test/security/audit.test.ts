/** The step of `.ci/run` that asks for known weaknesses of packages: fails on what is severe, and on nothing else. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, temporaryFolder } from '../e2e/program.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => { folder = await temporaryFolder(); });
afterAll(() => folder.remove());

const finding = (severity: string): object => ({ vulnerabilities: { left: { name: 'left-pad', severity, range: '<2', via: [{ title: 'Pads right', url: 'https://x.example/1' }] } }, metadata: { vulnerabilities: {} } });
const CASES: readonly { readonly name: string; readonly out: string; readonly error?: string; readonly code: number; readonly exit: number; readonly says: RegExp }[] = [
  { name: 'nothing is known', out: JSON.stringify({ vulnerabilities: {}, metadata: {} }), code: 0, exit: 0, says: /^0 findings, 0 of them high/m },
  { name: 'something small is known', out: JSON.stringify(finding('moderate')), code: 1, exit: 0, says: /^moderate left-pad <2: Pads right https:\/\/x\.example\/1\n1 findings, 0 of/m },
  { name: 'something high is known', out: JSON.stringify(finding('high')), code: 1, exit: 1, says: /^high {5}left-pad/m },
  { name: 'something critical is known', out: JSON.stringify(finding('critical')), code: 1, exit: 1, says: /1 of them high or above/ },
  { name: 'the registry has no audit', out: JSON.stringify({ error: { summary: '', detail: '' }, message: '405 Method Not Allowed' }), code: 1, exit: 0, says: /^skipped: .*405/m },
  { name: 'the network is away', out: '', error: 'npm error audit endpoint returned an error\n', code: 1, exit: 0, says: /^skipped: .*endpoint/m },
];

describe('the audit, when', () => {
  it.each(CASES)('$name, ends with $exit', async ({ out, error = '', code, exit, says }) => {
    const npm = join(folder.path, 'npm');
    await writeFile(npm, `#!/bin/sh\ncat <<'OUT'\n${out}\nOUT\nprintf '%s' '${error}' >&2\nexit ${code}\n`);
    await chmod(npm, 0o755);
    const ended = spawnSync(process.execPath, [join(root, '.ci/audit.mjs')], { encoding: 'utf8', env: { PATH: `${folder.path}:${process.env['PATH'] ?? ''}` } });
    expect(ended.stdout).toMatch(says);
    expect(ended.status).toBe(exit);
  });
});
