/**
 * Places at which the program can be made to stop dead, so that a test can kill it exactly there. `DESKBRIDGE_PAUSE_AT=<step>[:<n>]` names
 * the step and its n-th time (default 1); without the variable nothing here runs. The ports are wrapped; the bridge knows nothing of it.
 */
import { writeSync } from 'node:fs';
import type { ConversationChange } from '../core/conversation.js';
import type { ConversationSession, HelpdeskConnector, IdMap, Sender } from '../core/ports.js';
import { BridgeError } from '../core/errors.js';
import type { MessageId } from '../core/types.js';

const STEPS = [
  'before-intent', 'before-write', 'after-write', 'after-link', 'after-send', 'after-part-link', 'mid-answer', 'after-album-item', 'before-bury', 'after-bury',
  'before-sweep-save', 'after-sweep-save',
] as const;
type Step = (typeof STEPS)[number];
type Pause = (step: Step) => void;

interface Pausable {
  readonly connector: HelpdeskConnector;
  readonly sender: Sender;
  readonly idMap: IdMap;
}

/** `wanted` is the variable's value. Throws `invalid` for a step that does not exist. */
export function withPausePoints<T extends Pausable>(ports: T, wanted: string | undefined): T {
  if (wanted === undefined || wanted === '') return ports;
  const pause = createPause(wanted);
  const sent = new Set<MessageId>();
  return {
    ...ports,
    connector: pausingConnector(ports.connector, pause),
    sender: {
      ...ports.sender,
      sendPart: async (...parameters) => {
        const message = await ports.sender.sendPart(...parameters);
        sent.add(message);
        pause('after-send');
        return message;
      },
      sendAlbum: async (...parameters) => {
        const messages = await ports.sender.sendAlbum(...parameters);
        for (const message of messages) sent.add(message);
        pause('after-send');
        return messages;
      },
    },
    idMap: pausingIdMap(ports.idMap, pause, sent),
  };
}

function createPause(wanted: string): Pause {
  const [name, count = '1'] = wanted.split(':');
  const step = STEPS.find((one) => one === name);
  let left = Number(count);
  if (step === undefined || !Number.isSafeInteger(left) || left < 1) {
    throw new BridgeError({ code: 'invalid', operation: 'start', message: `DESKBRIDGE_PAUSE_AT must be one of ${STEPS.join(', ')}, with :<n> for its n-th time` });
  }
  return (reached) => {
    if (reached !== step || (left -= 1) !== 0) return;
    writeSync(2, `paused at ${step}\n`);
    // The whole process, all lanes: from here on nothing but what is on the wire or on disk counts. SIGCONT lets it go on.
    process.kill(process.pid, 'SIGSTOP');
  };
}

function pausingConnector(connector: HelpdeskConnector, pause: Pause): HelpdeskConnector {
  const around = <A extends readonly unknown[], T>(write: (...parameters: A) => Promise<T>) => async (...parameters: A): Promise<T> => {
    pause('before-write');
    const result = await write(...parameters);
    pause('after-write');
    return result;
  };
  return { ...connector, createTicket: around(connector.createTicket.bind(connector)), addComment: around(connector.addComment.bind(connector)) };
}

function pausingIdMap(idMap: IdMap, pause: Pause, sent: ReadonlySet<MessageId>): IdMap {
  return {
    ...idMap,
    withConversation: (conversation, work) => idMap.withConversation(conversation, (session) => work(pausingSession(session, pause, sent))),
    async bury(entry) {
      pause('before-bury');
      await idMap.bury(entry);
      pause('after-bury');
    },
    async saveSweepCursor(cursor) {
      pause('before-sweep-save');
      await idMap.saveSweepCursor(cursor);
      pause('after-sweep-save');
    },
  };
}

function pausingSession(session: ConversationSession, pause: Pause, sent: ReadonlySet<MessageId>): ConversationSession {
  return {
    get state() { return session.state; },
    linkOfMessage: (message) => session.linkOfMessage(message),
    linksOfComment: (ticket, comment) => session.linksOfComment(ticket, comment),
    async commit(change) {
      if ((change.intents ?? []).length > 0) pause('before-intent');
      await session.commit(change);
      if (change.album?.closed === undefined && change.album !== undefined && change.album !== null) pause('after-album-item');
      for (const step of stepsOf(change, sent)) pause(step);
    },
  };
}

/** What a link on disk says of the way it stands on. The cursor goes along with the link of an answer's last part. */
function stepsOf({ links = [], tickets }: ConversationChange, sent: ReadonlySet<MessageId>): readonly Step[] {
  if (links.length === 0) return [];
  if (!links.some(({ message }) => message !== undefined && sent.has(message))) return ['after-link'];
  return tickets === undefined ? ['after-part-link', 'mid-answer'] : ['after-part-link'];
}
