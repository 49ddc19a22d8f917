/**
 * The profile photos of requesters, beside the lanes: no message waits for a photo, and none fails because of one. Each person's is looked at when they
 * first write, and again with a message of another day.
 */
import type { ConversationState } from '../../core/conversation.js';
import { toBridgeError } from '../../core/errors.js';
import type { SeenPhoto } from '../../core/photos.js';
import type { ConversationId, MessageEvent, PersonId, RequesterId } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';

const LOOK_AGAIN_MS = 86_400_000;
/** Of each look's two or three requests none is in a hurry. */
const AT_ONCE_MAX = 2;
/** Whoever finds no place is looked at with their next message. */
const WAITING_MAX = 1_000;

export interface Photos {
  /** Call with the state after a message was stored; what comes of it is not waited for. */
  follow(state: ConversationState, event: Pick<MessageEvent, 'conversation' | 'person'>): void;
  /** Nothing more begins. */
  stop(): void;
}

interface Look {
  readonly conversation: ConversationId;
  readonly person: PersonId;
  readonly requester: RequesterId;
  readonly known: SeenPhoto | undefined;
}

export function createPhotos(ports: BridgePorts, privateChatOf: (person: PersonId) => ConversationId | undefined): Photos {
  /** Waiting and running, by conversation. */
  const looks = new Map<ConversationId, Look>();
  const waiting: Look[] = [];
  let running = 0;
  let stopped = false;

  const next = (): void => {
    if (stopped || running >= AT_ONCE_MAX) return;
    const look = waiting.shift();
    if (look === undefined) return;
    running += 1;
    void bringUpToDate(ports, look, () => stopped).finally(() => {
      running -= 1;
      looks.delete(look.conversation);
      next();
    });
  };
  return {
    follow(state, { conversation, person }) {
      if (stopped || state.requester === undefined || looks.has(conversation) || looks.size >= WAITING_MAX) return;
      if (!isDue(ports, state.photo) || privateChatOf(person.id) !== conversation) return;
      const look = { conversation, person: person.id, requester: state.requester, known: state.photo };
      looks.set(conversation, look);
      waiting.push(look);
      next();
    },
    stop() { stopped = true; },
  };
}

/** A photo that the helpdesk has from before the mapping left photos out is due to go. */
function isDue({ photos, connector, mapping, clock }: BridgePorts, known: SeenPhoto | undefined): boolean {
  if (photos === undefined || connector.setAvatar === undefined) return false;
  if (!mapping().tellsPhotos) return known?.id !== undefined;
  const sinceMs = clock.nowMs() - (known?.lookedAtMs ?? -Infinity);
  // The clock may have been set back.
  return sinceMs >= LOOK_AGAIN_MS || sinceMs < 0;
}

/** Never throws: what could not be done today is tried another day. */
async function bringUpToDate(ports: BridgePorts, look: Look, isStopped: () => boolean): Promise<void> {
  try {
    const photo = await lookOnce(ports, look);
    await ports.idMap.withConversation(look.conversation, (session) => session.commit({ photo }));
  } catch (thrown) {
    if (isStopped()) return;
    const { code } = toBridgeError(thrown, 'commitPhoto');
    ports.emit({ type: 'log', level: 'warn', message: 'what is known of a profile photo could not be stored', facts: { conversation: look.conversation, code } });
  }
}

/** What is known afterwards; null = nothing, since nobody may look any more. */
async function lookOnce(ports: BridgePorts, { conversation, person, requester, known }: Look): Promise<SeenPhoto | null> {
  const { photos, connector, mapping, clock, emit } = ports;
  const lookedAtMs = clock.nowMs();
  const isTold = mapping().tellsPhotos;
  try {
    const photo = isTold ? await photos?.photoOf(person) : undefined;
    // When nobody looked before, the helpdesk may have one from before the map was lost.
    if (known === undefined || known.id !== photo?.id) await connector.setAvatar?.(requester, photo?.picture);
    return isTold ? { lookedAtMs, ...(photo && { id: photo.id }) } : null;
  } catch (thrown) {
    const { code } = toBridgeError(thrown, 'followPhoto');
    emit({ type: 'log', level: 'warn', message: 'the profile photo of a requester could not be brought over; another day', facts: { conversation, code } });
    return { lookedAtMs, ...(known?.id !== undefined && { id: known.id }) };
  }
}
