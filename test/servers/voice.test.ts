/** A voice message through the built program with the real ffmpeg, and an agent's answer by voice. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, temporaryFolder } from '../e2e/program.js';
import { cleanUp, DESK_TOKEN, endProgram, fromBot, SOON_MS, startOwnDesk, startProgram, startTelegram, type Cleanup } from '../e2e/setup.js';
import { findMediaProgram, voice as say } from './media-samples.js';

const described = findMediaProgram() === undefined ? describe.skip : describe;
const cleanups: Cleanup[] = [];
afterEach(() => cleanUp(cleanups));

async function startAll(more: Readonly<Record<string, string>> = {}) {
  const telegram = await startTelegram();
  const { path: folder, remove } = await temporaryFolder();
  const { url, agent, close } = await startOwnDesk();
  cleanups.push(() => telegram.stop(), remove, close);
  const running = await startProgram({ TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, HELPDESK_URL: `${url}/desk`, HELPDESK_TOKEN: DESK_TOKEN, SWEEP_SECONDS: '1', ...more });
  cleanups.push(() => endProgram(running.program));
  const user = telegram.world.addUser({ name: 'Дана' }).id;
  const files = () => eventually(async () => {
    const [ticket] = await agent.tickets();
    const [comment] = ticket === undefined ? [] : await agent.comments(ticket.id);
    return ticket !== undefined && comment !== undefined && comment.files.length > 0 ? { ticket, files: comment.files } : undefined;
  }, SOON_MS, 'a comment with files');
  return { world: telegram.world, agent, folder, user, files, output: () => running.program.output() };
}

described('voice (skipped without ffmpeg)', () => {
  it('stands on the ticket as M4A and as it came, byte for byte, and nothing of it stays on disk', async () => {
    const { world, agent, folder, user, files, output } = await startAll();
    const voice = say(2);
    await world.sendFile(user, { kind: 'voice', bytes: voice, durationSeconds: 2 });
    const [copy, original] = (await files()).files;
    expect([copy?.mediaType, original?.mediaType]).toEqual(['audio/mp4', 'audio/ogg']);
    expect((await agent.download(copy?.id ?? '')).subarray(4, 8).toString()).toBe('ftyp');
    expect((await agent.download(original?.id ?? '')).equals(voice)).toBe(true);
    expect(output()).toContain('made playable in any browser');
    const left = await eventually(async () => ((await readdir(join(folder, 'converting'))).length === 0 ? true : undefined), SOON_MS, 'an empty folder');
    expect(left).toBe(true);
  });

  it('arrives as it came when it is no sound at all, and when conversion is off', async () => {
    const noise = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(2_000, 7)]);
    const broken = await startAll();
    await broken.world.sendFile(broken.user, { kind: 'voice', bytes: noise, durationSeconds: 2 });
    expect((await broken.files()).files.map((file) => file.mediaType)).toEqual(['audio/ogg']);
    const off = await startAll({ MEDIA_FFMPEG: 'off' });
    await off.world.sendFile(off.user, { kind: 'voice', bytes: say(1), durationSeconds: 1 });
    expect((await off.files()).files.map((file) => file.mediaType)).toEqual(['audio/ogg']);
  });

  it('of an agent is heard as a voice message', async () => {
    const { world, agent, user } = await startAll({ MEDIA_FFMPEG: 'off' });
    world.say(user, 'help');
    const ticket = await eventually(async () => (await agent.tickets())[0], SOON_MS, 'a ticket');
    const file = await agent.upload('answer.ogg', 'audio/ogg', say(1));
    await agent.answer(ticket.id, '', { files: [file] });
    const sent = await eventually(() => fromBot(world, user).find((message) => message.voice !== undefined), SOON_MS, 'a voice message');
    expect(sent.document).toBeUndefined();
  });
});
