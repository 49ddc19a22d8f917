/** Media types as Telegram and helpdesks name them. */
import mime from 'mime-types';

/** An IANA media type: the one told when it looks like one, else by the name. */
export function mediaTypeOf(told: string | undefined, name: string): string {
  if (told !== undefined && /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/u.test(told)) return told.toLowerCase();
  return mime.lookup(name) || 'application/octet-stream';
}
