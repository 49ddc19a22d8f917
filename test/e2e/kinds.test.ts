/** Kinds of message, replies and reactions through the built program: from the emulator to the desk and back. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SAMPLE_STICKER } from '../../src/demo/emulator/samples.js';
import type { EmulatorWorld } from '../../src/demo/emulator/index.js';
import { drawPortrait } from '../../src/demo/portraits.js';
import { eventually } from './program.js';
import { botSays, cleanUp, commentWith, findAtRest, SOON_MS, startProduct, ticketWith, type Agent, type Cleanup, type Running } from './setup.js';

jest.setTimeout(90_000);
const cleanups: Cleanup[] = [];
let world: EmulatorWorld;
let agent: Agent;
let folder: string;
let running: Running;

beforeAll(async () => { ({ world, folder, running, agent } = await startProduct(cleanups)); });
afterAll(() => cleanUp(cleanups));

describe('kinds of message on the desk', () => {
  it('are readable, with their files', async () => {
    const user = world.addUser({ name: 'Ann', languageCode: 'en' }).id;
    world.sendKind(user, 'venue');
    const ticket = await ticketWith(agent, 'Кофейня «Абай»');
    expect(ticket.subject).toBe('📍 Кофейня «Абай», проспект Абая, 10');
    for (const kind of ['poll', 'animatedSticker', 'foreignContact', 'payment', 'forwardedChannel', 'unknown'] as const) world.sendKind(user, kind);
    await commentWith(agent, ticket.id, 'hologram');
    const comments = await agent.comments(ticket.id);
    const html = comments.map((comment) => comment.html);
    expect(html[0]).toContain('<a href="https://www.openstreetmap.org/');
    expect(html[1]).toMatch(/📊 Poll: Когда привезти\?.*Утром.*Вечером/su);
    expect(html[2]).toContain('🎉 Sticker');
    expect(html[3]).toContain('👤 Contact: Болат Серик, +77010002233');
    expect(html[4]).toContain('💳 Payment made: 3500.00 KZT');
    expect(html[5]).toMatch(/Forwarded from “Қала жаңалықтары \(@qala_news\)”.*https:\/\/t\.me\/qala_news\/12.*склад/su);
    expect(html.join()).not.toContain('nobody knows');
    const [still] = comments[2]?.files ?? [];
    expect(still).toMatchObject({ mediaType: 'image/webp' });
    expect((await agent.download(still?.id ?? '')).equals(SAMPLE_STICKER)).toBe(true);
    expect(comments[3]?.files).toMatchObject([{ mediaType: 'text/vcard' }]);
  });

  it('a reply is a quote for the agent, and the agent\'s reply is one in Telegram', async () => {
    const user = world.addUser({ name: 'Bo', languageCode: 'en' }).id;
    world.say(user, 'Where is parcel 71?');
    const ticket = await ticketWith(agent, 'Where is parcel 71?');
    const second = world.say(user, 'And parcel 72?');
    const asked = await commentWith(agent, ticket.id, 'And parcel 72?');
    await agent.answer(ticket.id, '<p>Number 72 is <b>here</b>.</p>', { inReplyTo: asked.id });
    const answer = await botSays(world, user, 'Number 72 is here.');
    expect(answer.reply_to_message?.message_id).toBe(second.message_id);
    world.say(user, 'Great!', { replyTo: answer.message_id });
    const { html } = await commentWith(agent, ticket.id, 'Great!');
    expect(html).toMatch(/To our message:.*<blockquote>.*Number 72 is <b>here<\/b>\..*<\/blockquote>.*Great!/su);
  });

  it('who writes is shown with their photo, and nothing of it stays on the bridge\'s disk but an id', async () => {
    const user = world.addUser({ name: 'Di', languageCode: 'en' }).id;
    const portrait = drawPortrait(2);
    world.setPhoto(user, portrait);
    world.say(user, 'Do you see me 84?');
    const { id } = await ticketWith(agent, 'Do you see me 84?');
    const avatar = await eventually(async () => (await agent.tickets()).find((ticket) => ticket.id === id)?.requester.avatar, SOON_MS, 'a photo on the desk');
    expect((await agent.download(avatar)).equals(portrait)).toBe(true);
    world.say(user, 'And now 84?');
    await commentWith(agent, id, 'And now 84?');
    expect(world.calls()['getUserProfilePhotos']).toBe(world.users().length);
    expect(await findAtRest(folder, [running.program.output()], ['IHDR', portrait.toString('base64', 39, 78)])).toEqual([]);
  });

  it('a reaction is one internal comment, and nothing of it stays on disk', async () => {
    const user = world.addUser({ name: 'Cy', languageCode: 'en' }).id;
    world.say(user, 'Thanks in advance 83');
    const ticket = await ticketWith(agent, 'Thanks in advance 83');
    await agent.answer(ticket.id, '<p>All done 83.</p>');
    const answer = await botSays(world, user, 'All done 83.');
    world.react(user, answer.message_id, ['👍']);
    const told = await commentWith(agent, ticket.id, 'The requester reacted to');
    expect(told).toMatchObject({ visibility: 'internal', author: { kind: 'bridge' } });
    // A thumb up is no warning.
    expect((await agent.tickets()).find(({ id }) => id === ticket.id)).not.toMatchObject({ warning: true });
    expect(told.html).toMatch(/👍.*All done 83\./su);
    world.react(user, answer.message_id, ['🔥']);
    world.say(user, 'One more thing 83');
    await commentWith(agent, ticket.id, 'One more thing 83');
    expect((await agent.comments(ticket.id)).filter((comment) => comment.visibility === 'internal')).toHaveLength(1);
    expect(await findAtRest(folder, [], ['All done 83', 'parcel 72', 'Кофейня', 'Болат'])).toEqual([]);
  });
});
