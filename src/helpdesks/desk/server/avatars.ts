/** What belongs here: pictures of requesters: small, of a kind that a page shows as a picture and nothing else, one for each. */
import { Readable } from 'node:stream';
import express, { type Router } from 'express';
import { answer, onlyBridge, pathId, type Context } from './answers.js';
import { refuse, type Desk } from './desk.js';
import type { FileFolder } from './files.js';
import type { FileRow, RequesterRow, Row } from './records.js';

/** Far above a picture of a few hundred pixels. */
const AVATAR_BYTES_MAX = 1024 * 1024;

interface PictureKind {
  readonly mediaType: string;
  readonly extension: string;
  /** By how its bytes begin: what an upload says of itself is nobody's word. */
  is(bytes: Buffer): boolean;
}

const beginsWith = (bytes: Buffer, at: number, ...expected: readonly number[]): boolean => bytes.subarray(at, at + expected.length).equals(Buffer.from(expected));
const KINDS: readonly PictureKind[] = [
  { mediaType: 'image/jpeg', extension: 'jpg', is: (bytes) => beginsWith(bytes, 0, 0xff, 0xd8, 0xff) },
  { mediaType: 'image/png', extension: 'png', is: (bytes) => beginsWith(bytes, 0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) },
  { mediaType: 'image/webp', extension: 'webp', is: (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP' },
];

export function addAvatarRoutes(api: Router, { desk, sessions }: Context, files: FileFolder): void {
  const replace = async (id: string, bytes: Buffer | undefined): Promise<void> => {
    getRequester(desk, id);
    const file = bytes === undefined ? undefined : await savePicture(desk, files, id, bytes);
    const gone = putAvatar(desk, id, file);
    await desk.store.settled();
    if (gone !== undefined) await files.remove([gone]);
  };
  // Whoever may not write is refused before a byte is read.
  api.use('/requesters/:id/avatar', (request, _response, next) => {
    onlyBridge(sessions.principalOf(request));
    next();
  });
  api.put('/requesters/:id/avatar', express.raw({ type: () => true, limit: AVATAR_BYTES_MAX }), async (request, response) => {
    const body: unknown = request.body;
    await replace(pathId(request), Buffer.isBuffer(body) ? body : Buffer.alloc(0));
    answer(response, { status: 204 });
  });
  api.delete('/requesters/:id/avatar', async (request, response) => {
    await replace(pathId(request), undefined);
    answer(response, { status: 204 });
  });
}

/** Throws `invalid` for anything but a picture. */
async function savePicture(desk: Desk, files: FileFolder, requester: string, bytes: Buffer): Promise<FileRow> {
  const kind = KINDS.find((one) => one.is(bytes));
  if (kind === undefined) throw refuse('invalid', 'putAvatar', 'an avatar is a JPEG, PNG or WebP picture');
  const saved = await files.save(Readable.from([bytes]));
  return { ...saved, name: `avatar.${kind.extension}`, mediaType: kind.mediaType, createdAtMs: desk.nowMs(), kind: 'avatar', requester };
}

/** Gives the file that may go from disk. */
function putAvatar(desk: Desk, id: string, file: FileRow | undefined): string | undefined {
  const requester = getRequester(desk, id);
  const gone = requester.avatar;
  if (gone === undefined && file === undefined) return undefined;
  const rows: Row[] = [{ type: 'requester', row: { ...requester, avatar: file?.id } }];
  if (file !== undefined) rows.unshift({ type: 'file', row: file });
  if (gone !== undefined) rows.push({ type: 'dropFile', id: gone });
  desk.store.write(rows);
  return gone;
}

/** Throws `not_found`. */
function getRequester(desk: Desk, id: string): RequesterRow {
  const row = desk.store.tables.requesters.get(id);
  if (row === undefined) throw refuse('not_found', 'putAvatar', 'there is no such requester');
  return row;
}
