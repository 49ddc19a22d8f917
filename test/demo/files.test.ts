/** Files of both sides, on the emulator of the Bot API. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { png, startApi, TOKEN, type Api } from './setup.js';

let api: Api;
let user: number;

beforeEach(async () => {
  api = await startApi();
  user = api.emulator.world.addUser({ name: 'Ann', languageCode: 'en' }).id;
});
afterEach(() => api.emulator.stop());

function fileForm(field: string, bytes: Buffer, name: string, more: Record<string, string> = {}): FormData {
  const form = new FormData();
  form.set('chat_id', String(user));
  for (const [key, value] of Object.entries(more)) form.set(key, value);
  form.set(field, new Blob([new Uint8Array(bytes)], { type: 'application/x-test' }), name);
  return form;
}

describe('files', () => {
  it('takes an upload beside reply_parameters as JSON text, and gives the bytes back', async () => {
    const question = api.emulator.world.say(user, 'send it').message_id;
    const bytes = Buffer.from([0, 1, 2, 255, 254, 13, 10]);
    const answer = await api.form('sendDocument', fileForm('document', bytes, 'отчёт.bin', { caption: ' the report ', reply_parameters: JSON.stringify({ message_id: question }) }));
    expect(answer.body.result).toMatchObject({
      caption: 'the report', reply_to_message: { message_id: question }, document: { file_name: 'отчёт.bin', mime_type: 'application/x-test', file_size: 7 },
    });
    const fileId = String(Object(Object(answer.body.result).document).file_id);
    const path = String(Object((await api.call('getFile', { file_id: fileId })).body.result).file_path);
    const download = await fetch(`${api.emulator.url}/file/bot${TOKEN}/${path}`);
    expect(download.headers.get('content-length')).toBe('7');
    expect(Buffer.from(await download.arrayBuffer())).toEqual(bytes);
    const again = await api.call('sendDocument', { chat_id: user, document: fileId });
    expect(again.body.result).toMatchObject({ document: { file_id: fileId } });
  });

  it('takes attach:// and every kind', async () => {
    for (const [method, field] of [['sendPhoto', 'photo'], ['sendVideo', 'video'], ['sendAudio', 'audio'], ['sendVoice', 'voice'], ['sendAnimation', 'animation']] as const) {
      const answer = await api.form(method, fileForm('part', png(100, 50), 'a.png', { [field]: 'attach://part' }));
      expect(answer.body.result).toHaveProperty(field);
    }
  });

  it.each([
    { name: 'what is no image as a photo', method: 'sendPhoto', field: 'photo', bytes: Buffer.from('plain words, no image'), description: 'Bad Request: IMAGE_PROCESS_FAILED' },
    { name: 'a photo 21 times as wide as high', method: 'sendPhoto', field: 'photo', bytes: png(2100, 100), description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' },
    { name: 'a photo of over 10 MB', method: 'sendPhoto', field: 'photo', bytes: png(100, 100, 10 * 1024 * 1024), description: /is too big for a photo/ },
    { name: 'an empty file', method: 'sendDocument', field: 'document', bytes: Buffer.alloc(0), description: 'Bad Request: file must be non-empty' },
  ])('refuses $name', async ({ method, field, bytes, description }) => {
    expect((await api.form(method, fileForm(field, bytes, 'x'))).body).toMatchObject({ ok: false, error_code: 400, description: expect.stringMatching(description) });
  });

  it('refuses an upload of over 50 MB with 413', async () => {
    const answer = await api.form('sendDocument', fileForm('document', Buffer.alloc(50 * 1024 * 1024 + 1), 'big')).catch(() => undefined);
    // A client that is still writing may see the closed connection first.
    expect(answer?.status ?? 413).toBe(413);
    expect(api.emulator.world.chat(user).messages).toEqual([]);
  });

  it('refuses a caption of over 1024 units', async () => {
    expect((await api.form('sendPhoto', fileForm('photo', png(9, 9), 'a.png', { caption: 'x'.repeat(1025) }))).body.description).toBe('Bad Request: message caption is too long');
  });

  it('hands out what people send, up to 20 MB', async () => {
    const small = await api.emulator.world.sendFile(user, { kind: 'photo', bytes: png(800, 600), name: 'p.png', caption: 'look' });
    expect(small).toMatchObject({ caption: 'look', photo: [{ width: 90, height: 68 }, { width: 800, height: 600 }] });
    const big = await api.emulator.world.sendFile(user, { kind: 'video', name: 'v.mp4', fileSizeOverride: 20 * 1024 * 1024 + 1 });
    expect((await api.call('getFile', { file_id: big.video?.file_id })).body).toEqual({ ok: false, error_code: 400, description: 'Bad Request: file is too big' });
    expect((await api.call('getFile', { file_id: 'unknown' })).body.description).toBe('Bad Request: wrong file_id or the file is temporarily unavailable');
  });

  it('forgets the oldest files when there are too many bytes', async () => {
    await api.emulator.stop();
    api = await startApi({ filesBytesMax: 1000 });
    user = api.emulator.world.addUser({ name: 'Ann' }).id;
    const sent = [];
    for (const name of ['a', 'b', 'c']) sent.push(await api.emulator.world.sendFile(user, { kind: 'document', bytes: Buffer.alloc(400), name }));
    expect(sent.map((message) => api.emulator.world.file(message.document?.file_id ?? '') === undefined)).toEqual([true, false, false]);
  });
});
