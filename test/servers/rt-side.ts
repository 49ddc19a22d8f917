/** The real Request Tracker as fault runs meet it. */
import { randomInt } from 'node:crypto';
import { mintId, type TicketId } from '../../src/core/types.js';
import { z } from 'zod';
import { conversationOf, type HelpdeskSide } from '../e2e/faults/helpdesks.js';
import { publicTexts } from './bridge-rig.js';
import { createAgentHands, createRest } from './request-tracker-agent.js';
import { readCredentials } from './request-tracker-fixture.js';

const ticketsAnswer = z.object({ items: z.array(z.object({ id: z.union([z.string(), z.number()]).transform(String) })) });

/** The server may be used by several runs: nobody meets the tickets of another run's bot. */
export function createRtSide(): HelpdeskSide {
  const credentials = readCredentials();
  const agent = createRest(credentials.url, `token ${credentials.users.agent1.token}`);
  const root = createRest(credentials.url, `Basic ${Buffer.from(`root:${credentials.users.root.password}`).toString('base64')}`);
  const hands = createAgentHands(agent, root);
  const botToken = `${randomInt(1e9, 9e9)}:a-token-of-the-fault-runs`;
  async function ticketsOf(user: number): Promise<readonly TicketId[]> {
    const query = new URLSearchParams({ query: `CF.{TelegramChat} = '${conversationOf(botToken, user)}'`, orderby: 'id', per_page: '100' });
    const { items } = ticketsAnswer.parse(await root('GET', `/tickets?${query.toString()}`));
    return items.map((item) => mintId<TicketId>(item.id));
  }
  return {
    name: 'request-tracker', native: false, url: credentials.url, botToken, ticketsOf,
    environment: (url) => ({ HELPDESK: 'request-tracker', HELPDESK_URL: url, HELPDESK_TOKEN: credentials.users.bridge.token }),
    isWrite: ({ method, path }) => (method === 'POST' || method === 'PUT') && /\/(ticket|correspond|comment)$|\/ticket\/\d+$/.test(path),
    async answer(user, html) {
      const ticket = (await ticketsOf(user)).at(-1);
      if (ticket === undefined) throw new Error(`user ${user} has no ticket to answer on`);
      await hands.replyPublic(ticket, html);
    },
    async commentsOf(user) {
      const all: string[] = [];
      for (const ticket of await ticketsOf(user)) all.push(...await publicTexts({ root }, ticket));
      return all;
    },
    close: async () => undefined,
  };
}
