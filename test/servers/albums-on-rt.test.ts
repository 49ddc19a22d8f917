/** Albums on a real Request Tracker: ten files of a customer as one comment, the files of an agent as albums. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drawPortrait } from '../../src/demo/portraits.js';
import type { TicketId } from '../../src/core/types.js';
import { everyByte } from '../conformance/helpdesk-samples.js';
import { eventually } from '../e2e/program.js';
import { createRig, TEST_MS, WAIT_MS, type Rig } from './bridge-rig.js';

/** What follows the picture makes it one of a kind. */
const picture = (number: number): Buffer => Buffer.concat([drawPortrait(number), everyByte(number), Buffer.from(`picture ${number}`)]);

describe('albums on Request Tracker', () => {
  let rig: Rig;
  let user: number;
  let ticket: TicketId;
  beforeAll(async () => {
    rig = await createRig();
    await rig.start({ SWEEP_SECONDS: '2' });
    user = rig.newUser('Альбом Иесі', 'kk');
  }, TEST_MS);
  afterAll(() => rig.close(), TEST_MS);

  it('ten pictures and films open one ticket, byte for byte and in order', async () => {
    const bytes = Array.from({ length: 10 }, (_, index) => (index === 4 ? Buffer.concat([Buffer.from('film'), everyByte(50)]) : picture(index)));
    await rig.world.sendAlbum(user, bytes.map((each, index) => ({
      kind: index === 4 ? 'video' as const : 'photo' as const, bytes: each, name: `${index}.mp4`, ...(index === 0 && { caption: 'он сурет', captionEntities: [{ type: 'bold', offset: 3, length: 5 }] }),
    })));
    ticket = await rig.ticketOf(user);
    const comments = await eventually(async () => {
      const found = await rig.hands.readComments(ticket);
      return found.flatMap(({ files }) => files).length >= 10 ? found : undefined;
    }, WAIT_MS, 'ten files on the ticket');
    expect(comments.map(({ files }) => files.length)).toEqual([10]);
    expect(comments[0]?.body).toContain('он <b>сурет</b>');
    expect(comments[0]?.files.map((file, index) => file.bytes.equals(bytes[index] ?? Buffer.alloc(0)))).toEqual(bytes.map(() => true));
    expect(await rig.ticketsOf(user)).toEqual([ticket]);
  }, TEST_MS);

  it('documents with their names go to the same ticket as one comment, between what is written before and after', async () => {
    rig.world.say(user, 'бұрын');
    await rig.world.sendAlbum(user, ['Шарт №1.pdf', 'Смета.xlsx', 'readme.txt'].map((name, index) => (
      { kind: 'document' as const, name, mediaType: index === 0 ? 'application/pdf' : 'application/octet-stream', bytes: everyByte(20 + index) })));
    rig.world.say(user, 'кейін');
    const comments = await eventually(async () => {
      const found = await rig.hands.readComments(ticket);
      return found.some(({ body }) => body.includes('кейін')) ? found : undefined;
    }, WAIT_MS, 'the last message on the ticket');
    expect(comments.map(({ body, files }) => (files.length > 0 ? files.map(({ name }) => name) : /бұрын|кейін/u.exec(body)?.[0])).slice(1)).toEqual(['бұрын', ['Шарт №1.pdf', 'Смета.xlsx', 'readme.txt'], 'кейін']);
  }, TEST_MS);

  it('the files of an answer go out as albums by kind, byte for byte', async () => {
    const files = [
      { name: 'бірінші.pdf', mediaType: 'application/pdf', bytes: everyByte(30) }, { name: 'сурет.png', mediaType: 'image/png', bytes: picture(1) },
      { name: 'екінші.pdf', mediaType: 'application/pdf', bytes: everyByte(31) }, { name: 'сурет2.png', mediaType: 'image/png', bytes: picture(2) },
    ];
    await rig.hands.replyPublic(ticket, '<p>Міне, <b>бәрі</b></p>', files);
    const messages = await eventually(() => {
      const found = rig.answersTo(user).filter((message) => message.document !== undefined || message.photo !== undefined);
      return found.length >= 4 ? found : undefined;
    }, WAIT_MS, 'four files in the chat');
    const sent = messages.map((message) => rig.world.file(message.document?.file_id ?? message.photo?.at(-1)?.file_id ?? ''));
    expect(sent.map((file) => file?.kind)).toEqual(['document', 'document', 'photo', 'photo']);
    expect(sent.map((file, index) => file?.bytes.equals([files[0], files[2], files[1], files[3]][index]?.bytes ?? Buffer.alloc(0)))).toEqual([true, true, true, true]);
    expect(new Set(messages.map((message) => message.media_group_id)).size).toBe(2);
    expect(messages[0]?.caption).toContain('Міне, бәрі');
  }, TEST_MS);
});
