/** What belongs here: the routes of the demo page: what customers do, and what the page shows. */
import express from 'express';
import type { NextFunction, Request, Response, Router } from 'express';
import { z } from 'zod';
import { createAlbums, type Albums } from './albums.js';
import type { EmulatorWorld, SentFile } from './emulator/index.js';
import { KIND_NAMES } from './emulator/kinds.js';
import { MEDIA_KINDS } from './emulator/types.js';
import { createGuard } from './guard.js';

const FILE_BYTES_MAX = 50 * 1024 * 1024;
const TEXT_LENGTH_MAX = 4096;
const USERS_MAX = 50;

const chat = z.number().int();
const sayBody = z.object({ chat, text: z.string().trim().min(1).max(TEXT_LENGTH_MAX), replyTo: z.number().int().optional() });
const editBody = z.object({ chat, message: z.number().int(), text: z.string().trim().min(1).max(TEXT_LENGTH_MAX) });
const pressBody = z.object({ chat, message: z.number().int(), button: z.string().min(1).max(64) });
const userBody = z.object({ name: z.string().trim().min(1).max(64), language: z.string().regex(/^[a-z]{2}$/).optional() });
const blockBody = z.object({ chat, blocked: z.boolean() });
const locationBody = z.object({ chat, latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });
const contactBody = z.object({ chat, phone: z.string().regex(/^\+?[\d ]{5,20}$/), name: z.string().trim().min(1).max(64) });
const kindBody = z.object({ chat, kind: z.enum(KIND_NAMES), replyTo: z.number().int().optional() });
const reactBody = z.object({ chat, message: z.number().int(), emoji: z.array(z.string().min(1).max(16)).max(3) });
const fileQuery = z.object({
  chat: z.coerce.number().int(), kind: z.enum(MEDIA_KINDS), name: z.string().min(1).max(200), caption: z.string().max(1024).optional(),
  replyTo: z.coerce.number().int().optional(), seconds: z.coerce.number().int().min(0).max(36_000).optional(),
  /** One file of several that are sent together: `of` in all, this one at `place` from 0. */
  album: z.string().regex(/^[\w-]{1,40}$/).optional(), place: z.coerce.number().int().min(0).max(9).default(0), of: z.coerce.number().int().min(2).max(10).default(2),
});

/** Only these open inside the page; everything else is a download. */
const INLINE_TYPES = /^(image\/(png|jpeg|gif|webp)|audio\/[\w.+-]+|video\/(mp4|webm))$/;

export function createPageApi(world: EmulatorWorld, state: () => unknown, subscribe: (response: Response) => void, password?: string): Router {
  const router = express.Router();
  const albums = createAlbums(world);
  router.use('/demo', createGuard(password));
  router.get('/demo/state', (_request, response) => { response.set('cache-control', 'no-store').json(state()); });
  router.get('/demo/events', (_request, response) => subscribe(response));
  router.get('/demo/file/:id', (request, response) => serveFile(world, String(request.params.id), response));
  router.post('/demo/photo', express.raw({ type: () => true, limit: FILE_BYTES_MAX }), (request, response) => takeFile(world, albums, request, response));
  router.use('/demo', express.json({ limit: '64kb' }));
  addActs(router, world);
  router.use('/demo', answerError);
  return router;
}

function addActs(router: Router, world: EmulatorWorld): void {
  const act = <T>(path: string, schema: z.ZodType<T>, work: (body: T) => unknown): void => {
    router.post(path, (request, response) => { response.json(work(schema.parse(request.body)) ?? {}); });
  };
  act('/demo/say', sayBody, (body) => {
    const message = world.say(body.chat, body.text, body.replyTo === undefined ? {} : { replyTo: body.replyTo });
    return { message: message.message_id };
  });
  act('/demo/edit', editBody, (body) => ({ message: world.edit(body.chat, body.message, body.text).message_id }));
  act('/demo/press', pressBody, (body) => ({ query: world.press(body.chat, body.message, body.button) }));
  act('/demo/users', userBody, (body) => {
    if (world.users().length >= USERS_MAX) throw new Error('too many customers');
    return { chat: world.addUser({ name: body.name, ...(body.language === undefined ? {} : { languageCode: body.language }) }).id };
  });
  act('/demo/block', blockBody, (body) => (body.blocked ? world.block(body.chat) : world.unblock(body.chat)));
  act('/demo/location', locationBody, (body) => ({
    message: world.sendLocation(body.chat, { latitude: body.latitude, longitude: body.longitude }).message_id,
  }));
  act('/demo/kind', kindBody, ({ chat: id, kind, replyTo }) => ({ message: world.sendKind(id, kind, replyTo === undefined ? {} : { replyTo }).message_id }));
  act('/demo/react', reactBody, (body) => world.react(body.chat, body.message, body.emoji));
  act('/demo/contact', contactBody, (body) => ({
    message: world.sendContact(body.chat, { phone_number: body.phone, first_name: body.name, user_id: body.chat }).message_id,
  }));
}

async function takeFile(world: EmulatorWorld, albums: Albums, request: Request, response: Response): Promise<void> {
  const given = fileQuery.parse(request.query);
  const body: unknown = request.body;
  if (!Buffer.isBuffer(body) || body.length === 0) throw new Error('the file is empty');
  const file: SentFile = {
    kind: given.kind, name: given.name, bytes: body, mediaType: (request.headers['content-type'] ?? '').split(';')[0]?.trim() || 'application/octet-stream',
    ...(given.caption === undefined ? {} : { caption: given.caption }), ...(given.replyTo === undefined ? {} : { replyTo: given.replyTo }),
    ...(given.seconds === undefined ? {} : { durationSeconds: given.seconds }),
  };
  const messages = given.album === undefined ? [await world.sendFile(given.chat, file)] : await albums.take(given.chat, given.album, { file, place: given.place, of: given.of });
  response.json({ message: messages[0]?.message_id });
}

function serveFile(world: EmulatorWorld, id: string, response: Response): void {
  const file = world.file(id);
  if (file === undefined) return void response.status(404).json({ error: 'no such file' });
  const isInline = INLINE_TYPES.test(file.mediaType);
  response.writeHead(200, {
    'content-type': isInline ? file.mediaType : 'application/octet-stream', 'content-length': file.bytes.length,
    'content-disposition': `${isInline ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
    'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox", 'cache-control': 'private, max-age=3600',
  });
  response.end(file.bytes);
}

/** Bad input is the page's fault and gets its reason; the texts here hold no message text. */
function answerError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) return next(error);
  if (error instanceof z.ZodError) return void response.status(400).json({ error: `${error.issues[0]?.path.join('.') ?? 'body'}: ${error.issues[0]?.message ?? 'invalid'}` });
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 400;
  response.status(status).json({ error: status === 413 ? 'too large' : error instanceof Error ? error.message : 'invalid' });
}
