import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConversationChange, Link } from '../../src/core/conversation.js';
import type { IdMap } from '../../src/core/ports.js';
import type { ConversationId } from '../../src/core/types.js';
import { createLowdbIdMap } from '../../src/idmap/lowdb.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { commentId, commit, conversationId, messageId, ticketEntry, ticketId } from '../conformance/idmap-samples.js';

const conversations = ['1', '2', '3'].map(conversationId);
const small = fc.integer({ min: 0, max: 4 });
const anyConversation = fc.constantFrom(...conversations);
const anyLink = fc.record({ ticket: small, comment: fc.option(fc.integer({ min: 0, max: 30 })), message: fc.option(fc.integer({ min: 0, max: 30 })), part: fc.integer({ min: 0, max: 1 }) })
  .map(({ ticket, comment, message, part }): Link => ({
    ticket: ticketId(ticket), part, ...(comment === null ? {} : { comment: commentId(comment) }), ...(message === null ? {} : { message: messageId(message) }),
  }));
const anyChange: fc.Arbitrary<ConversationChange> = fc.oneof(
  fc.array(small, { maxLength: 2 }).map((tickets) => ({ tickets: tickets.map((name) => ticketEntry(name)) })),
  small.map((name) => ({ dropTickets: [ticketId(name)] })),
  fc.record({ kind: fc.constantFrom('receipt', 'rating'), atMs: fc.integer({ min: 0, max: 20 }) }).map((work) => ({ due: [work] })),
  fc.constantFrom('receipt', 'rating').map((kind) => ({ done: [{ kind }] })),
  fc.array(anyLink, { maxLength: 3 }).map((links) => ({ links })),
  fc.integer({ min: 0, max: 1000 }).map((from) => ({ links: Array.from({ length: 60 }, (_, index): Link => ({ ticket: ticketId(9), comment: commentId(`${from}-${index}`), message: messageId(`${from}-${index}`), part: 0 })) })),
  fc.constantFrom('kk', 'ru', null).map((locale) => ({ locale })),
);
type Step =
  | { readonly kind: 'commit'; readonly conversation: ConversationId; readonly change: ConversationChange }
  | { readonly kind: 'together'; readonly changes: readonly { readonly conversation: ConversationId; readonly change: ConversationChange }[] }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'due'; readonly atMs: number };
const pair = fc.record({ conversation: anyConversation, change: anyChange });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: pair.map((one): Step => ({ kind: 'commit', ...one })) },
  { weight: 2, arbitrary: fc.array(pair, { minLength: 2, maxLength: 6 }).map((changes): Step => ({ kind: 'together', changes })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'reopen' }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 20 }).map((atMs): Step => ({ kind: 'due', atMs })) },
);

async function everything(idMap: IdMap): Promise<unknown> {
  const perConversation = await Promise.all(conversations.map((conversation) => idMap.withConversation(conversation, async (session) => ({
    state: session.state,
    messages: await Promise.all(Array.from({ length: 31 }, (_, name) => session.linkOfMessage(messageId(name)))),
    comments: await Promise.all(Array.from({ length: 31 * 5 }, (_, name) => session.linksOfComment(ticketId(name % 5), commentId(Math.floor(name / 5))))),
  }))));
  const perTicket = await Promise.all(Array.from({ length: 5 }, (_, name) => idMap.conversationsOf(ticketId(name))));
  return { perConversation, perTicket, due: await idMap.dueConversations(20) };
}

it('behaves like the memory store under random work, restarts included', async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 25 }), async (steps) => {
    const folder = await mkdtemp(join(tmpdir(), 'deskbridge-random-'));
    const model = createMemoryIdMap();
    let idMap = await createLowdbIdMap({ folder, nowMs: () => 0 });
    try {
      for (const step of steps) {
        if (step.kind === 'reopen') {
          await idMap.close();
          idMap = await createLowdbIdMap({ folder, nowMs: () => 0 });
        } else if (step.kind === 'due') {
          expect(await idMap.dueConversations(step.atMs)).toEqual(await model.dueConversations(step.atMs));
        } else {
          const changes = step.kind === 'commit' ? [step] : step.changes;
          for (const target of [model, idMap]) await Promise.all(changes.map(({ conversation, change }) => commit(target, conversation, change)));
        }
      }
      expect(await everything(idMap)).toEqual(await everything(model));
    } finally {
      await idMap.close();
      await rm(folder, { recursive: true });
    }
  }), { numRuns: 40 }); // A failure prints its seed and the shortest case.
}, 60_000);
