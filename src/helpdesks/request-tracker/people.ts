/** Who is who in RT: the bridge's own user, agents, requesters. */
import { LRUCache } from 'lru-cache';
import { BridgeError } from '../../core/errors.js';
import type { Emit } from '../../core/ports.js';
import { mintId, type Agent, type CommentOrigin, type Person, type RequesterDraft, type RequesterId } from '../../core/types.js';
import type { Api, RtContact, RtUser } from './api.js';
import { addressOf } from './ids.js';
import { oneLine } from './writing.js';

const AGENTS_MAX = 1000;
const NAME_LENGTH_MAX = 120; // RT's column RealName
const LANG_LENGTH_MAX = 16;
const PHONE_LENGTH_MAX = 30;
/** RT's own two users: automations, and nobody at all. */
const SYSTEM_NAMES = new Set(['RT_System', 'Nobody']);
/** `1-<user>-<32 hex digits>`, see RT::Authen::Token. */
const TOKEN = /^1-(\d+)-[0-9a-f]+$/;

export interface People {
  /** The login name of the token's user; read once. Throws `unauthorized`. */
  ownName(operation: string): Promise<string>;
  /** The same when it is known already. */
  knownOwnName(): string | undefined;
  originOf(name: string, operation: string): Promise<CommentOrigin>;
  agent(name: string, operation: string): Promise<Agent | undefined>;
  upsertRequester(draft: RequesterDraft): Promise<RequesterId>;
}

export interface PeopleOptions {
  readonly token: string;
  readonly requesterDomain: string;
  readonly emit: Emit;
}

export function createPeople(api: Api, { token, requesterDomain, emit }: PeopleOptions): People {
  let own: string | undefined;
  let warned = false;
  // Agents only: somebody who is no agent now may become one, and that must show at the next look.
  const agents = new LRUCache<string, Agent>({ max: AGENTS_MAX });

  async function ownName(operation: string): Promise<string> {
    if (own !== undefined) return own;
    const user = await api.user(operation, userOf(token, operation));
    own = user.Name ?? fail(operation);
    return own;
  }

  async function agent(name: string, operation: string): Promise<Agent | undefined> {
    if (SYSTEM_NAMES.has(name)) return undefined;
    const known = agents.get(name);
    if (known !== undefined) return known;
    const user = await findUser(api, operation, name);
    // RT names only users that exist: one that cannot be looked up has a name that no path can hold.
    const found: Agent = { id: name, name: user?.RealName || name };
    if (user !== undefined && !user.Privileged) return undefined;
    agents.set(name, found);
    return found;
  }

  async function change(address: string, fields: Partial<Profile>): Promise<void> {
    const operation = 'upsertRequester';
    await api.write(operation, 'PUT', `/user/${encodeURIComponent(address)}`, { json: fields }, [403]);
    // PUT answers 200 when it was refused as well.
    const [kept] = await api.usersWithAddress(operation, address);
    if (warned || kept === undefined || Object.keys(differences(kept, fields)).length === 0) return;
    warned = true;
    emit({ type: 'log', level: 'warn', message: 'requesters keep their first name and profile in Request Tracker: the bridge\'s user lacks the right AdminUsers' });
  }

  return {
    ownName,
    knownOwnName: () => own,
    agent,
    async originOf(name, operation) {
      if (name === await ownName(operation)) return 'bridge';
      if (SYSTEM_NAMES.has(name)) return 'system';
      return await agent(name, operation) === undefined ? 'requester' : 'agent';
    },
    async upsertRequester({ person }) {
      const operation = 'upsertRequester';
      const address = addressOf(person.id, requesterDomain);
      const profile = profileOf(person);
      const found = (await api.usersWithAddress(operation, address))[0];
      if (found !== undefined) {
        const changed = differences(found, { ...profile, ...ownContactInfo(found, profile) });
        if (Object.keys(changed).length > 0) await change(address, changed);
        return mintId<RequesterId>(address);
      }
      // 400: made by a parallel request just now. 403: no right to make users; the first ticket makes this one then.
      await api.write(operation, 'POST', '/user', { json: { Name: address, EmailAddress: address, ...profile, Privileged: 0 } }, [400, 403]);
      return mintId<RequesterId>(address);
    },
  };
}

/** A requester in RT's words. The link tells the username too. */
interface Profile {
  readonly RealName: string;
  readonly FreeformContactInfo?: string;
  readonly Lang?: string;
  readonly MobilePhone?: string;
}

function profileOf({ name, username, link, languageTag, phone }: Person): Profile {
  const contact = [username === undefined ? '' : `@${username}`, link ?? ''].filter((part) => part !== '').join(' ');
  return {
    RealName: oneLine(name, NAME_LENGTH_MAX),
    ...(contact === '' ? {} : { FreeformContactInfo: contact }),
    ...(languageTag === undefined ? {} : { Lang: oneLine(languageTag, LANG_LENGTH_MAX) }),
    ...(phone === undefined ? {} : { MobilePhone: oneLine(phone, PHONE_LENGTH_MAX) }),
  };
}

/** What agents wrote about a person is theirs: only a line of our own is replaced, or taken away with the username. */
function ownContactInfo({ FreeformContactInfo: present }: RtContact, { FreeformContactInfo: next = '' }: Profile): Partial<Profile> {
  const isOurs = /^(@\w+)?\s*(https:\/\/t\.me\/\S+)?$/.test(present ?? '');
  return { FreeformContactInfo: isOurs ? next : present ?? '' };
}

function differences(present: RtContact, wanted: Partial<Profile>): Partial<Profile> {
  const differs = ([field, value]: [string, unknown]): boolean => (present[field as keyof Profile] ?? '') !== value;
  return Object.fromEntries(Object.entries(wanted).filter(differs));
}

/** `"Name" <address>` for the Requestor field, which also names a user that RT makes from it. */
export function mailbox(name: string, address: string): string {
  return `"${oneLine(name, NAME_LENGTH_MAX).replace(/["\\]/g, '\\$&')}" <${address}>`;
}

/** The number of the user that a token belongs to. */
export function userOf(token: string, operation: string): string {
  return TOKEN.exec(token)?.[1] ?? fail(operation);
}

async function findUser(api: Api, operation: string, name: string): Promise<RtUser | undefined> {
  try {
    return await api.user(operation, name);
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'not_found') return undefined;
    throw error;
  }
}

function fail(operation: string): never {
  throw new BridgeError({ code: 'unauthorized', operation, message: `${operation}: this is no token of Request Tracker 5 (they look like 1-14-6fd0...)` });
}
