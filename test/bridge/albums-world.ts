/** What belongs here: albums as tests send them, what became of them, and a process on a disk that outlives it. */
import type { ConversationChange } from '../../src/core/conversation.js';
import type { IdMap } from '../../src/core/ports.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type AlbumId, type Attachment, type Comment, type FileRef, type MessageEvent, type MessageId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createVirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

export const idempotencies = ['native', 'lookup'] as const;
export const CHAT = conversationId(7);

export function item(id: number, { caption = '', album = 'g1', ...more }: { readonly caption?: string; readonly album?: string } & Partial<Attachment> = {}): MessageEvent {
  const ref = mintId<FileRef>(`secret file id ${id}`);
  const file: Attachment = { kind: 'photo', name: `${id}.jpg`, mediaType: 'image/jpeg', sizeBytes: 100, ref, open: () => Promise.reject(new Error('opened by the reference')), ...more };
  return messageEvent(7, id, '', { album: mintId<AlbumId>(album), content: { text: plainText(caption), attachments: [file] } });
}

export const items = (first: number, last: number, album = 'g1'): MessageEvent[] => Array.from({ length: last - first + 1 }, (_, index) => item(first + index, { album }));
export const message = (id: number): MessageId => mintId<MessageId>(`tg:1:7:${id}`);
export const fromRequester = (world: World): readonly Comment[] => world.helpdesk.comments().filter((one) => one.origin === 'bridge' && one.visibility === 'public');
export const namesOf = (world: World): readonly (readonly string[])[] => fromRequester(world).map((comment) => comment.content.attachments.map(({ name }) => name));
export const numbers = (first: number, last: number): readonly string[] => Array.from({ length: last - first + 1 }, (_, index) => `${first + index}.jpg`);

/** A process on a disk and a helpdesk that outlive it. */
export function createMachine(idempotency: 'native' | 'lookup' = 'native') {
  const clock = createVirtualClock();
  const helpdesk = createFakeHelpdesk(() => clock.nowMs(), { idempotency });
  const disk = createMemoryIdMap({ bornAtMs: clock.nowMs() });
  return {
    clock,
    helpdesk,
    start(token = '1:the-token-of-a-test'): { readonly world: World; readonly kill: () => void; readonly written: () => string } {
      const ended = new AbortController();
      const never = new Promise<never>(() => undefined);
      const end = new Promise<never>((_resolve, reject) => { ended.signal.addEventListener('abort', () => reject(new Error('killed'))); });
      end.catch(() => undefined);
      const commits: ConversationChange[] = [];
      const idMap: IdMap = {
        ...disk,
        // What a dead process began lets go of the conversation, and nothing of it counts any more.
        withConversation: (conversation, work) => (ended.signal.aborted ? never : disk.withConversation(conversation, (session) => Promise.race([end, work({
          get state() { return session.state; },
          commit: (change) => (ended.signal.aborted ? never : (commits.push(change), session.commit(change))),
          linkOfMessage: (id) => session.linkOfMessage(id),
          linksOfComment: (ticket, comment) => session.linksOfComment(ticket, comment),
        })]))),
      };
      return { world: createWorld({ clock, helpdesk, idMap, token }), kill: () => ended.abort(), written: () => JSON.stringify(commits) };
    },
  };
}

/** A machine whose process was killed after it took these. */
export async function diedAfter(...events: readonly MessageEvent[]): Promise<ReturnType<typeof createMachine>> {
  const machine = createMachine();
  const dead = machine.start();
  await dead.world.receive(...events);
  dead.kill();
  return machine;
}
