/**
 * Words that have to wait on disk, sealed: AES-256-GCM with a key made of a secret that does not lie in the same folder. Each is bound to
 * what it is and to its conversation, so that none can be put in the place of another.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Seal, Sealed, Sealer } from '../core/seal.js';
import { mintId, type ConversationId } from '../core/types.js';
import { emoji, messageWords } from './words.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** What GCM is made for; by chance, since instances that share the secret share no counter (NIST SP 800-38D, 8.2.2). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MARK_LENGTH = 16;
/** In front of everything sealed: how, so that it can change. */
const VERSION = '1';

/** `secret` is long and made by chance, and must not lie where the sealed words do. */
export function createSeal(secret: string): Seal {
  const keyFor = (use: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `deskbridge ${use} ${VERSION}`, KEY_BYTES));
  const key = keyFor('words at rest');
  const markKey = keyFor('marks of words');
  return {
    message: createSealer(key, 'message', messageWords),
    emoji: createSealer(key, 'emoji', emoji),
    mark: (words, owner) => createHmac('sha256', markKey).update(JSON.stringify([owner, ...words])).digest('hex').slice(0, MARK_LENGTH),
  };
}

function createSealer<T>(key: Buffer, kind: string, schema: z.ZodType<T>): Sealer<T> {
  const bindingOf = (owner: ConversationId): Buffer => Buffer.from(`${kind} ${owner}`);
  return {
    seal(words, owner) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bindingOf(owner));
      const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(words), 'utf8'), cipher.final(), cipher.getAuthTag()]);
      // In hex, so that no word can stand in it by chance, and whoever searches the folder finds nothing.
      return mintId<Sealed>(`${VERSION}:${sealed.toString('hex')}`);
    },
    open(sealed, owner) {
      const [version, hex = ''] = sealed.split(':');
      const bytes = Buffer.from(hex, 'hex');
      if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      const end = bytes.length - TAG_BYTES;
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(bindingOf(owner)).setAuthTag(bytes.subarray(end));
        const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]).toString('utf8');
        return schema.parse(JSON.parse(text));
      } catch {
        return undefined;
      }
    },
  };
}
