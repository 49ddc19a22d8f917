/**
 * What was typed and is not sent yet stays while the page is open, also when another ticket is looked at; with the key under which it goes. The key stays
 * until an answer came: the desk takes nothing twice under one key, so what is sent again because its answer was lost is not doubled.
 */

interface Kept<T, R> {
  readonly words: T;
  readonly key?: string;
  readonly sending?: Promise<R>;
}

/** Of words `T`; sent, each becomes an `R`. */
export interface Drafts<T, R> {
  read(id: string): T;
  /** Keeps the change and gives the whole. */
  write(id: string, change: Partial<T>): T;
  /**
   * Does `work` under the key of this draft. When it is done the words are dropped; when it fails they stay, with the key. Whatever `work` throws is
   * thrown. While the same draft is on its way already, gives that.
   */
  send(id: string, work: (key: string) => Promise<R>): Promise<R>;
  /** The draft on its way, if it is. */
  sending(id: string): Promise<R> | undefined;
  /** The next sending is another one: what went under this key was something else. */
  renewKey(id: string): void;
}

/** `empty`: a draft before the first letter. `sent`: what goes of one that was sent. */
export function createDrafts<T extends object, R>(empty: T, sent: Partial<T>): Drafts<T, R> {
  const drafts = new Map<string, Kept<T, R>>();
  const wordsOf = (id: string): T => drafts.get(id)?.words ?? empty;
  return {
    read: wordsOf,
    write(id, change) {
      const words = { ...wordsOf(id), ...change };
      drafts.set(id, { ...drafts.get(id), words });
      return words;
    },
    send(id, work) {
      const before = drafts.get(id);
      if (before?.sending !== undefined) return before.sending;
      const key = before?.key ?? newKey();
      const sending = work(key).then((result) => {
        drafts.set(id, { words: { ...wordsOf(id), ...sent } });
        return result;
      }, (error: unknown) => {
        drafts.set(id, { words: wordsOf(id), key });
        throw error;
      });
      drafts.set(id, { words: wordsOf(id), key, sending });
      return sending;
    },
    sending: (id) => drafts.get(id)?.sending,
    renewKey(id) {
      drafts.set(id, { words: wordsOf(id) });
    },
  };
}

/** 128 bits. Not `randomUUID`, which browsers keep from pages without TLS. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
