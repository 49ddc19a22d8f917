/** The helpdesks that fault runs meet: how an agent answers there, and what a requester wrote there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProxiedRequest } from '../../fakes/fault-proxy.js';
import { eventually, type Program } from '../program.js';
import { BOT_TOKEN, createAgent, DESK_TOKEN, startOwnDesk, type Agent, type DeskTicket } from '../setup.js';
import { answersIn } from './load.js';

/** One helpdesk that outlives the program. */
export interface HelpdeskSide {
  readonly name: 'desk' | 'request-tracker';
  readonly url: string;
  /** Whether it keeps an idempotency key of its own, so that no intents are written. */
  readonly native: boolean;
  readonly botToken: string;
  /** What the program is told of it; `url`: where it is to reach it. */
  environment(url: string): Readonly<Record<string, string>>;
  isWrite(request: ProxiedRequest): boolean;
  /** Answers in public on the newest ticket of this user. */
  answer(user: number, html: string): Promise<void>;
  /** The bodies of all public comments on all tickets of this user, oldest first. */
  commentsOf(user: number): Promise<readonly string[]>;
  ticketsOf(user: number): Promise<readonly string[]>;
  /** Told of each start: a helpdesk inside the program moves with it. */
  attach?(program: Program, folder: string): void;
  close(): Promise<void>;
}



export async function startDeskSide(): Promise<HelpdeskSide> {
  const desk = await startOwnDesk();
  return { ...deskSideOf(() => desk.agent), url: desk.url, close: () => desk.close() };
}

/** The desk's side of things, wherever it stands by now. */
export function deskSideOf(agent: () => Agent): Omit<HelpdeskSide, 'url' | 'close'> {
  let known: readonly DeskTicket[] = [];
  const find = (user: number): readonly DeskTicket[] => known.filter((ticket) => ticket.conversation === conversationOf(BOT_TOKEN, user));
  async function ticketsOf(user: number): Promise<readonly DeskTicket[]> {
    if (find(user).length === 0) known = await agent().tickets();
    return find(user);
  }
  return {
    name: 'desk', native: true, botToken: BOT_TOKEN,
    environment: (url) => ({ HELPDESK: 'desk', HELPDESK_URL: url, HELPDESK_TOKEN: DESK_TOKEN }),
    isWrite: ({ method }) => method === 'POST' || method === 'PATCH',
    async answer(user, html) {
      const ticket = (await ticketsOf(user)).at(-1);
      if (ticket === undefined) throw new Error(`user ${user} has no ticket to answer on`);
      await agent().answer(ticket.id, html);
    },
    async commentsOf(user) {
      known = await agent().tickets();
      const all = await Promise.all(find(user).map((ticket) => agent().comments(ticket.id)));
      return all.flat().filter((comment) => comment.visibility === 'public').map((comment) => comment.html);
    },
    ticketsOf: async (user) => {
      known = await agent().tickets();
      return find(user).map((ticket) => ticket.id);
    },
  };
}

export function conversationOf(botToken: string, user: number): string {
  return `tg:${botToken.split(':')[0] ?? ''}:${user}`;
}


const AGENT_MS = 60_000;

/** The desk inside the program, which dies with it. Its agents look at the ticket before they write again. */
export function createEmbeddedSide(): HelpdeskSide {
  let address: Promise<Agent> = Promise.reject(new Error('no program was started yet'));
  address.catch(() => undefined);
  let present: Agent | undefined;
  const agent = (): Agent => {
    if (present === undefined) throw new Error('the desk is away');
    return present;
  };
  const inside = deskSideOf(agent);
  return {
    ...inside, url: 'http://127.0.0.1:9', environment: () => ({}),
    attach(program, folder) {
      present = undefined;
      address = program.logged('listening').then(async ({ url }) => createAgent(String(url), (await readFile(join(folder, 'desk-token'), 'utf8')).trim()));
      address.then((next) => { present = next; }, () => undefined);
    },
    answer: (user, html) => eventually(async () => {
      try {
        if (!(await inside.commentsOf(user)).some((comment) => comment.includes(wordOf(html)))) await inside.answer(user, html);
        return true;
      } catch {
        return undefined;
      }
    }, AGENT_MS, 'an agent of the embedded desk answers').then(() => undefined),
    close: async () => undefined,
  };
}

/** What tells this answer from every other. */
function wordOf(html: string): string {
  return answersIn(html)[0] ?? html;
}
