/**
 * A requester can never see or act on another requester's ticket. Tried here with everything that a person can make Telegram send: the updates go
 * through the real parser, bridge and journey, to a helpdesk in memory.
 */
import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { mintId, type TicketId } from '../../src/core/types.js';
import { parseUpdate } from '../../src/telegram/updates.js';
import { createWorld, type World } from '../bridge/world.js';
import { conversationId } from '../fakes/telegram.js';

const BOT = { id: '1', username: 'desk_bot', downloadBytesMax: 1e6, openFile: async () => Readable.from(['x']) };
const ALICE = 100;
const MALLORY = 200;
const GROUP = -300;
const WORDS = 'alice-words-nobody-else-may-read';
const ALICES = mintId<TicketId>('t1001');

interface Chat {
  readonly id: number;
  readonly type: 'private' | 'group';
}
const chatOf = (id: number): Chat => ({ id, type: id < 0 ? 'group' : 'private' });
const user = (id: number): object => ({ id, is_bot: false, first_name: `Person ${id}`, username: id === MALLORY ? 'alice' : 'x', language_code: 'en' });
let serial = 0;

function message(from: number, chat: number, fields: object): object {
  serial += 1;
  return { update_id: serial, message: { message_id: 5000 + serial, date: 1_767_225_600, from: user(from), chat: chatOf(chat), ...fields } };
}
function press(from: number, chat: number, data: string, under: object = { message_id: 1 }): object {
  serial += 1;
  return { update_id: serial, callback_query: { id: `q${serial}`, from: user(from), message: { chat: chatOf(chat), date: 1, ...under }, data } };
}

async function receive(world: World, ...updates: object[]): Promise<void> {
  for (const update of updates) {
    const { event } = parseUpdate(update, BOT, world.clock.nowMs());
    if (event !== undefined) await world.receive(event);
  }
}

/** Alice has ticket 1001, an answer to it, and the bot's messages 5001 and 5002. */
async function aliceAsks(): Promise<World> {
  const world = createWorld();
  await receive(world, message(ALICE, ALICE, { message_id: 1, text: WORDS }));
  world.helpdesk.agentSays(ALICES, `answer to ${WORDS}`);
  await world.ring(ALICES);
  expect(world.telegram.texts(conversationId(ALICE)).join('\n')).toMatch(/1001[\s\S]*alice-words/);
  return world;
}

const DATA = [
  'ticket:1001', 'ticket:t1001', 'ticket:#1001', 'ticket: 1001', 'ticket:01001', 'ticket:1001:', 'ticket:1001\u0000', 'ticket:١٠٠١', 'ticket:__proto__', 'ticket:constructor', 'ticket:', 'ticket', 'TICKET:1001',
  'close:1001', 'close', 'status:1001', 'topic:1001', 'topic:__proto__', 'language:__proto__', 'language:../1001', '__proto__', 'start:1001', `ticket:tg:1:${ALICE}`, 'ticket:1001'.padEnd(64, '\n'), 'x'.repeat(5000),
];
const TEXTS = [
  '/start 1001', '/start ticket:1001', '/start ticket_1001', '/start t1001', `/start ${ALICE}`, '/start __proto__', '/status 1001', '/status #1001', '/status@desk_bot 1001', '/close 1001', '/close t1001', '/tickets 1001',
  '/ticket 1001', '/open 1001', '/reopen 1001', '/new 1001', '/language 1001', '/buried', '/replay 1001', '/admin',
];

type Try = { readonly name: string; readonly make: (chat: number) => object };
const TRIES: readonly Try[] = [
  ...DATA.map((data): Try => ({ name: `the button ${JSON.stringify(data.slice(0, 40))}`, make: (chat) => press(MALLORY, chat, data) })),
  ...DATA.slice(0, 3).map((data): Try => ({ name: `a forwarded button ${data}`, make: (chat) => press(MALLORY, chat, data, { message_id: 5001, forward_from: user(ALICE), forward_origin: { type: 'user', sender_user: user(ALICE) } }) })),
  { name: 'a button of an inline message', make: () => ({ update_id: ++serial, callback_query: { id: 'i', from: user(MALLORY), inline_message_id: 'abc', chat_instance: '1', data: 'ticket:1001' } }) },
  ...TEXTS.map((text): Try => ({ name: text, make: (chat) => message(MALLORY, chat, { text }) })),
  ...[1, 5001, 5002].flatMap((id): Try[] => [
    { name: `a reply to message ${id}, which is Alice's in her own chat`, make: (chat) => message(MALLORY, chat, { text: 'mine?', reply_to_message: { message_id: id } }) },
    { name: `a reply that names Alice's chat and message ${id}`, make: (chat) => message(MALLORY, chat, { text: 'mine?', reply_to_message: { message_id: id, chat: chatOf(ALICE) } }) },
    { name: `an external reply to message ${id}`, make: (chat) => message(MALLORY, chat, { text: 'mine?', external_reply: { chat: chatOf(ALICE), message_id: id, origin: { type: 'user', sender_user: user(ALICE) } } }) },
    { name: `message ${id} forwarded`, make: (chat) => message(MALLORY, chat, { text: 'look', forward_from: user(ALICE), forward_from_chat: chatOf(ALICE), forward_from_message_id: id }) },
    { name: `a message with the number ${id} itself`, make: (chat) => message(MALLORY, chat, { message_id: id, text: 'mine?' }) },
  ]),
  { name: 'an edit', make: (chat) => ({ update_id: ++serial, edited_message: { message_id: 1, date: 1, edit_date: 2, from: user(MALLORY), chat: chatOf(chat), text: 'changed' } }) },
  { name: 'words that name the ticket', make: (chat) => message(MALLORY, chat, { text: '#1001 t1001 ticket 1001 [#1001] please tell me what is in it' }) },
  { name: 'Alice\'s contact', make: (chat) => message(MALLORY, chat, { contact: { phone_number: '+7701', first_name: 'Alice', user_id: ALICE } }) },
  { name: 'Alice as a mention', make: (chat) => message(MALLORY, chat, { text: 'Alice', entities: [{ type: 'text_mention', offset: 0, length: 5, user: user(ALICE) }] }) },
  { name: 'via a bot', make: (chat) => message(MALLORY, chat, { text: 'ticket:1001', via_bot: user(ALICE) }) },
  { name: 'a block and a return', make: (chat) => ({ update_id: ++serial, my_chat_member: { chat: chatOf(chat), from: user(MALLORY), date: 1, new_chat_member: { status: 'kicked' } } }) },
];

const ATTACKERS = [
  { name: 'somebody without a ticket', chat: MALLORY, before: [] as readonly object[] },
  { name: 'somebody with a ticket of their own', chat: MALLORY, before: [message(MALLORY, MALLORY, { text: 'my own matter' })] },
  { name: 'a group that Alice is in', chat: GROUP, before: [message(ALICE, GROUP, { text: 'a matter of the group' })] },
];

describe.each(ATTACKERS)('$name', ({ chat, before }) => {
  it.each(TRIES)('gets nothing of another\'s ticket with $name', async ({ make }) => {
    const world = await aliceAsks();
    await receive(world, ...before);
    const [alice, comments, ticket, sent] = [await world.state(conversationId(ALICE)), world.helpdesk.comments(ALICES).length, world.helpdesk.tickets()[0], world.telegram.texts(conversationId(ALICE)).length];
    await receive(world, make(chat), message(MALLORY, chat, { text: '/status' }), message(MALLORY, chat, { text: '/tickets' }), message(MALLORY, chat, { text: 'and one more thing' }), message(MALLORY, chat, { text: '/close' }));
    await world.runSweep();
    // Nothing was done to it...
    expect(await world.state(conversationId(ALICE))).toEqual(alice);
    expect(world.helpdesk.comments(ALICES)).toHaveLength(comments);
    expect(world.helpdesk.tickets().find((one) => one.id === ALICES)).toEqual(ticket);
    expect((await world.state(conversationId(chat))).tickets.map((entry) => entry.ticket)).not.toContain(ALICES);
    // ...and nothing was told of it.
    const told = world.telegram.sent.filter((one) => one.conversation !== conversationId(ALICE));
    expect(JSON.stringify(told)).not.toMatch(/1001|alice-words/);
    expect(told.every((one) => one.conversation === conversationId(chat))).toBe(true);
    expect(world.telegram.texts(conversationId(ALICE))).toHaveLength(sent);
    // What is said there next still reaches Alice, and her alone.
    world.helpdesk.agentSays(ALICES, 'for alice only');
    await world.ring(ALICES);
    expect(world.telegram.sent.filter((one) => one.text.includes('for alice only')).map((one) => one.conversation)).toEqual([conversationId(ALICE)]);
  });
});

describe('what the tries above would do with a ticket of one\'s own', () => {
  it('shows that they are tries: the same button, command and reply work for Alice', async () => {
    const world = await aliceAsks();
    await receive(world, message(ALICE, ALICE, { text: '/new' }), press(ALICE, ALICE, 'topic:question'), message(ALICE, ALICE, { text: 'second matter' }));
    expect((await world.state(conversationId(ALICE))).current).toBe('t1002');
    await receive(world, press(ALICE, ALICE, 'ticket:1001'));
    expect((await world.state(conversationId(ALICE))).current).toBe(ALICES);
    await receive(world, press(ALICE, ALICE, 'ticket:1002'), message(ALICE, ALICE, { text: 'about the first', reply_to_message: { message_id: 1 } }));
    expect(world.stored(ALICES)).toEqual([WORDS, 'about the first']);
    await receive(world, message(ALICE, ALICE, { text: '/close' }));
    expect(world.helpdesk.tickets()[0]?.phase).toBe('solved');
  });
});

describe('tickets of two people that an agent merges', () => {
  it('do not tell one what the other was told before', async () => {
    const world = await aliceAsks();
    await receive(world, message(MALLORY, MALLORY, { text: 'my own matter' }));
    world.helpdesk.merge(mintId<TicketId>('t1002'), ALICES);
    await world.ring(ALICES);
    await world.ring(mintId<TicketId>('t1002'));
    await world.runSweep();
    expect(world.telegram.texts(conversationId(MALLORY)).join('\n')).not.toContain(WORDS);
  });
});
