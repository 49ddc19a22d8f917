// `npm run test:servers`: brings up the real servers, runs the tests of this folder against them, takes them down again.
// Without servers (not installed, and no way to install them) it says so and exits 0; where CI=true that is a failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, canInstall, endAllOnSignal, jest, obstacleToRequestTracker, requestTrackerIn } from './programs.mjs';

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const chromium = () => process.env.DESKBRIDGE_CHROMIUM ?? CHROMIUMS.find((file) => existsSync(file));
const say = (text) => console.log(`test:servers: ${text}`);

function installPrograms() {
  const missing = [...(chromium() === undefined ? ['chromium'] : []), ...(existsSync('/usr/bin/ffmpeg') ? [] : ['ffmpeg'])];
  if (missing.length === 0 || !canInstall) return;
  say(`installing ${missing.join(' and ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update'], { env, stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env, stdio: 'ignore' });
}

async function main() {
  const reason = obstacleToRequestTracker();
  if (reason !== undefined) {
    say(`not run: ${reason}.`);
    return process.env.CI === 'true' ? 1 : 0;
  }
  installPrograms();
  const browser = chromium();
  if (browser === undefined) say('no chromium: tests that need a browser will not run');
  const folder = mkdtempSync(path.join(tmpdir(), 'deskbridge-servers-'));
  const rt = await requestTrackerIn(folder);
  endAllOnSignal(rt.takeDown);
  try {
    say('building the program');
    if (await build() !== 0) return 1;
    say('bringing up Request Tracker');
    const credentials = await rt.bringUp();
    if (credentials === undefined) return 1;
    return await jest({
      DESKBRIDGE_TEST: 'servers', DESKBRIDGE_RT_CREDENTIALS: credentials, ...(browser === undefined ? {} : { DESKBRIDGE_CHROMIUM: browser }),
    }, process.argv.slice(2));
  } finally {
    rt.takeDown();
    spawnSync('rmdir', [folder]);
  }
}

process.exitCode = await main();
