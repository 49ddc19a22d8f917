/** `deskbridge doctor`: live checks, each with what to do about it. */
import { access, constants, mkdir } from 'node:fs/promises';
import type { Config } from '../config.js';
import { check } from '../config/check.js';
import type { Mapping } from '../core/mapping.js';
import type { Diagnosis, Emit } from '../core/ports.js';
import { toBridgeError } from '../core/errors.js';
import { HELPDESKS } from '../helpdesks/index.js';
import { createTelegramClient } from '../telegram/client.js';
import { diagnoseTelegram } from '../telegram/diagnosis.js';
import { isEmbedded } from './desk.js';
import { diagnoseMedia } from './media.js';
import { systemClock } from './system-clock.js';

const SILENT: Emit = () => undefined;

/** Never throws: whatever goes wrong is a finding. */
export async function diagnose(config: Config, mapping: Mapping): Promise<readonly Diagnosis[]> {
  const [telegram, helpdesk, disk] = await Promise.all([
    safely('Telegram', () => askTelegram(config)), safely('helpdesk', () => askHelpdesk(config, mapping)), safely('data directory', () => askDisk(config)),
  ]);
  return [...disk, ...telegram, ...helpdesk, diagnoseMedia(config)];
}

/** What an admin reads of it. */
export function formatDiagnosis({ subject, ok, finding, advice }: Diagnosis): string {
  return ok ? `ok    ${subject}: ${finding}` : `FAIL  ${subject}: ${finding}${advice === undefined ? '' : `; ${advice}`}`;
}

/** The mistakes of config and mappings, as findings. */
export function diagnoseFiles(file: string | undefined, env: NodeJS.ProcessEnv): Diagnosis {
  const report = check(file, env);
  return { subject: 'config and mappings', ok: report.ok, finding: report.lines.at(-1) ?? '', ...(!report.ok && { advice: 'run `deskbridge check`' }) };
}

async function safely(subject: string, ask: () => Promise<readonly Diagnosis[]>): Promise<readonly Diagnosis[]> {
  try {
    return await ask();
  } catch (thrown) {
    return [{ subject, ok: false, finding: toBridgeError(thrown, 'doctor').message }];
  }
}

async function askTelegram({ telegram }: Config): Promise<readonly Diagnosis[]> {
  const client = createTelegramClient({ token: telegram.token, apiRoot: telegram.apiRoot, local: telegram.local, emit: SILENT, nowMs: systemClock.nowMs });
  try {
    return await diagnoseTelegram(client, telegram);
  } finally {
    client.disconnect();
  }
}

async function askHelpdesk(config: Config, mapping: Mapping): Promise<readonly Diagnosis[]> {
  const { helpdesk } = config;
  const definition = HELPDESKS[helpdesk.name];
  if (isEmbedded(config) || definition === undefined || helpdesk.url === undefined || helpdesk.token === undefined) {
    return [{ subject: 'helpdesk', ok: true, finding: 'the built-in desk; it starts with the bridge' }];
  }
  const connector = definition.create({
    url: helpdesk.url, token: helpdesk.token, options: helpdesk.options, ...(helpdesk.webhookSecret && { webhookSecret: helpdesk.webhookSecret }),
  }, { emit: SILENT, nowMs: systemClock.nowMs });
  return connector.diagnose({ queues: mapping.queues });
}

async function askDisk({ dataDir }: Config): Promise<readonly Diagnosis[]> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.W_OK);
    return [{ subject: 'data directory', ok: true, finding: `${dataDir} can be written` }];
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error';
    return [{ subject: 'data directory', ok: false, finding: `${dataDir} cannot be written (${code})`, advice: 'set DATA_DIR to a folder that this user may write' }];
  }
}
