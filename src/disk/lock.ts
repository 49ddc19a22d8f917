/** One process per data folder: a lock file that names its holder, taken over when the holder is dead. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BridgeError } from '../core/errors.js';
import { diskError, errnoOf, makeFolder } from './files.js';

const LOCK_NAME = 'deskbridge.lock';
const TRIES_MAX = 5;

interface Holder {
  readonly pid: number;
  /** Start time in clock ticks since boot, where the system tells: a reused pid has another. */
  readonly started?: string;
  readonly host: string;
}

/** A folder held by this process. */
export interface FolderLock {
  release(): Promise<void>;
  /**
   * Throws `unavailable` when the lock file is not ours any more: it was deleted by hand, or by whoever took this process for dead. Ask before
   * every write: two processes that write the same folder would undo each other's work.
   */
  check(): Promise<void>;
}

/**
 * Makes sure that one process at a time uses `folder` (made when missing). Throws `conflict`, naming the process that holds it; a lock whose
 * process is dead is taken over.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await makeFolder(folder);
  const path = join(folder, LOCK_NAME);
  const own = JSON.stringify(holderOf(process.pid));
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    if (await create(path, own)) return heldLock(folder, path);
    const found = await readLock(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder === undefined || isAlive(holder)) throw inUse(folder, path, holder);
    if (await takeOver(path, found, own)) return heldLock(folder, path);
  }
  throw inUse(folder, path, undefined);
}

/** Whether a live process holds the lock of `folder`; a lock that cannot be read, or is of another machine, counts as held. Takes nothing. */
export async function isFolderInUse(folder: string): Promise<boolean> {
  const found = await readLock(join(folder, LOCK_NAME));
  if (found === undefined) return false;
  const holder = parseHolder(found);
  return holder === undefined || isAlive(holder);
}

async function heldLock(folder: string, path: string): Promise<FolderLock> {
  const ours = await identityOf(path);
  return {
    async release() {
      if (await identityOf(path) === ours) await unlink(path).catch(() => undefined);
    },
    async check() {
      const present = await identityOf(path);
      if (present !== undefined && present === ours) return;
      throw new BridgeError({
        code: 'unavailable', operation: 'lockFolder', message: `${folder} was taken over by another process, or its lock was deleted; this process may not write there any more`,
      });
    },
  };
}

/** Which file stands there: numbers of files are used again, so the time of its making counts too. One call, since it comes before every write. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { ino, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${ctimeNs}`;
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw diskError('read', path, thrown);
  }
}

async function create(path: string, own: string): Promise<boolean> {
  // Linked into place whole: a reader never meets a lock that is created but not yet written.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    // Synced: an empty lock after a power cut would have to be deleted by hand.
    await file.writeFile(own).then(() => file.datasync()).finally(() => file.close());
    await link(temporary, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw diskError('create', path, thrown);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw diskError('read', path, thrown);
  }
}

/**
 * Replaces the lock of a dead process by ours. Many may try at once: the claim on this very lock is made by one of them at a time, and
 * whoever comes to hold it later finds another lock in place. Returns whether it was us.
 */
async function takeOver(path: string, stale: string, own: string): Promise<boolean> {
  const claim = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 12)}`;
  if (!await create(claim, own)) {
    const claimant = parseHolder(await readLock(claim) ?? '');
    if (claimant !== undefined && !isAlive(claimant)) await unlink(claim).catch(() => undefined);
    return false;
  }
  try {
    if (await readLock(path) !== stale) return false;
    await unlink(path);
    return await create(path, own);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false;
    throw diskError('replace', path, thrown);
  } finally {
    await unlink(claim).catch(() => undefined);
  }
}

function holderOf(pid: number): Holder {
  const started = startOf(pid);
  return { pid, host: hostname(), ...(started === undefined ? {} : { started }) };
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; field 22 of proc(5) is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** A holder on another machine cannot be asked, and so counts as alive. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return started === undefined || holder.started === undefined || started === holder.started;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return undefined;
    const { pid, host } = value;
    const started = 'started' in value && typeof value.started === 'string' ? value.started : undefined;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || typeof host !== 'string') return undefined;
    return { pid, host, ...(started === undefined ? {} : { started }) };
  } catch {
    return undefined;
  }
}

function inUse(folder: string, path: string, holder: Holder | undefined): BridgeError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
  return new BridgeError({
    code: 'conflict', operation: 'lockFolder',
    message: `${folder} is in use by ${who}; stop it first, or give this one another DATA_DIR. If you are sure that it no longer runs, delete ${path}`,
  });
}
