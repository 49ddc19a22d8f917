/** Live checks for `doctor`. RT loses values of unknown custom fields without a word, so fields are looked at here. */
import { BridgeError, toBridgeError, type BridgeErrorCode } from '../../core/errors.js';
import type { Diagnosis, HelpdeskNeeds } from '../../core/ports.js';
import type { Api, RtQueue } from './api.js';
import type { RequestTrackerOptions } from './options.js';
import { userOf } from './people.js';

const ADVICE: Readonly<Partial<Record<BridgeErrorCode, string>>> = {
  unauthorized: 'Log in to RT as the bridge\'s user, make a token under Logged in as > Settings > Auth Tokens, and set HELPDESK_TOKEN to it.',
  forbidden: 'Give the bridge\'s user the rights that docs/helpdesks/request-tracker/README.md lists.',
  unavailable: 'Check HELPDESK_URL (the address of RT itself, without /REST/2.0), and that RT runs and can be reached from here.',
  not_found: 'Check HELPDESK_URL: no REST 2 interface was found there. It needs Request Tracker 5.',
};
const OTHER_ADVICE = 'Look into the log of Request Tracker.';

export async function diagnose(api: Api, token: string, options: RequestTrackerOptions, needs: HelpdeskNeeds): Promise<readonly Diagnosis[]> {
  const access = await checkAccess(api, token);
  if (!access.ok) return [access];
  const queues = needs.queues.length > 0 ? needs.queues : [options.defaultQueue];
  const findings: Diagnosis[] = [access];
  for (const name of new Set(queues)) findings.push(...await checkQueue(api, name, options));
  return findings;
}

async function checkAccess(api: Api, token: string): Promise<Diagnosis> {
  const subject = 'access to Request Tracker';
  try {
    const user = await api.user('diagnose', userOf(token, 'diagnose'));
    if (user.Privileged) return { subject, ok: true, finding: `the token belongs to the user ${user.Name ?? '?'}` };
    return { subject, ok: false, finding: `the user ${user.Name ?? '?'} is not privileged`, advice: 'Tick "Let this user be granted rights" for the bridge\'s user in RT.' };
  } catch (thrown) {
    return failed(subject, thrown);
  }
}

async function checkQueue(api: Api, name: string, options: RequestTrackerOptions): Promise<readonly Diagnosis[]> {
  const subject = `queue ${name}`;
  try {
    const queue = await api.queue('diagnose', name);
    if (!mayCreate(queue)) {
      return [{ subject, ok: false, finding: 'there, but the bridge\'s user may open no tickets in it', advice: `Give its group the rights of docs/helpdesks/request-tracker/README.md on the queue ${name}, CreateTicket among them.` }];
    }
    return [{ subject, ok: true, finding: 'there, and tickets may be opened' }, ...checkFields(queue, options)];
  } catch (thrown) {
    if (!(thrown instanceof BridgeError && (thrown.code === 'not_found' || thrown.code === 'forbidden'))) return [failed(subject, thrown)];
    return [{ subject, ok: false, finding: 'not there, or the bridge\'s user may not see it', advice: `Create the queue ${name} in RT and give the bridge's group the right SeeQueue on it, or name another queue in mappings/.` }];
  }
}

function mayCreate(queue: RtQueue): boolean {
  return queue._hyperlinks?.some((link) => link.ref === 'create' && link.type === 'ticket') ?? false;
}

function checkFields(queue: RtQueue, { fields }: RequestTrackerOptions): readonly Diagnosis[] {
  const there = new Set((queue.TicketCustomFields ?? []).map((field) => field.name));
  const subject = `custom fields of queue ${queue.Name}`;
  const missing = [fields.externalId, fields.conversation, fields.person].filter((name) => !there.has(name));
  if (missing.length > 0) {
    return [{
      subject, ok: false, finding: `not there, or may not be seen: ${missing.join(', ')}`,
      advice: 'Load docs/helpdesks/request-tracker/deskbridge.data into RT (it says how), or apply these ticket custom fields to the queue and give the bridge\'s group SeeCustomField, SetInitialCustomField and ModifyCustomField.',
    }];
  }
  return [{ subject, ok: true, finding: there.has(fields.tags) ? 'all there' : `all there but ${fields.tags}: tags of topics are not kept` }];
}

function failed(subject: string, thrown: unknown): Diagnosis {
  const error = toBridgeError(thrown, 'diagnose');
  return { subject, ok: false, finding: error.message, advice: ADVICE[error.code] ?? OTHER_ADVICE };
}
