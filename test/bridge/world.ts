/** The bridge between two fakes, with a clock that stands still. */
import { createBridge } from '../../src/bridge/bridge.js';
import type { GivenPorts } from '../../src/bridge/ports.js';
import { Sweep } from '../../src/bridge/sweep.js';
import type { HelpdeskCapabilities, IdMap } from '../../src/core/ports.js';
import { mintId, type BridgeEvent, type ChatEvent, type ConversationId, type TicketId } from '../../src/core/types.js';
import type { Mapping } from '../../src/core/mapping.js';
import type { ProfilePhotos } from '../../src/core/photos.js';
import type { ConversationState } from '../../src/core/conversation.js';
import { createJourney } from '../../src/frontdesk/journey.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createSeal } from '../../src/idmap/seal.js';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk, type FakeHelpdesk } from '../fakes/helpdesk.js';
import { fakeMapping } from '../fakes/mapping.js';
import { createFakeTelegram } from '../fakes/telegram.js';

export function createWorld(options: {
  idempotency?: HelpdeskCapabilities['idempotency']; idMap?: IdMap; clock?: VirtualClock; helpdesk?: FakeHelpdesk; photos?: ProfilePhotos; mapping?: () => Mapping; token?: string;
} = {}) {
  const clock = options.clock ?? createVirtualClock();
  const helpdesk = options.helpdesk ?? createFakeHelpdesk(() => clock.nowMs(), options);
  const telegram = createFakeTelegram();
  const idMap = options.idMap ?? createMemoryIdMap({ bornAtMs: clock.nowMs() });
  const events: BridgeEvent[] = [];
  const emit = (event: BridgeEvent): void => { events.push(event); };
  const ports: GivenPorts = {
    connector: helpdesk.connector, sender: telegram.sender, files: telegram.files, idMap, seal: createSeal(options.token ?? '1:the-token-of-a-test'), mapping: options.mapping ?? (() => fakeMapping), clock, emit, ...(options.photos && { photos: options.photos }),
    journey: createJourney({ connector: helpdesk.connector, mapping: () => fakeMapping, clock }),
  };
  // As a reload does, a test may replace the mapping.
  const bridge = createBridge({ ...ports, mapping: () => ports.mapping() }, { isOurs: (conversation) => conversation.startsWith('tg:1:'), privateChatOf: (person) => (!/^tg:\d+$/.test(person) ? undefined : mintId<ConversationId>(`tg:1:${person.slice(3)}`)), random: () => 0.5 });
  const sweep = new Sweep(ports, bridge);

  return {
    clock, helpdesk, telegram, idMap, events, bridge, sweep, ports,
    /** Hands an event in and lets everything happen that needs no time. Returns whether it was acknowledged by then. */
    async receive(...some: ChatEvent[]): Promise<boolean[]> {
      const acknowledged = some.map(() => false);
      some.forEach((event, index) => {
        bridge.handle(event).then(() => { acknowledged[index] = true; }, () => undefined);
      });
      await clock.settle();
      return acknowledged;
    },
    async ring(ticket: TicketId): Promise<void> {
      bridge.ring({ ticket }, 'webhook').catch(() => undefined);
      await clock.settle();
    },
    async runSweep(): Promise<void> {
      await sweep.run();
      await clock.settle();
    },
    state: (conversation: ConversationId): Promise<ConversationState> => idMap.withConversation(conversation, async (session) => session.state),
    /** What customers wrote, as it stands on tickets. */
    stored: (ticket?: TicketId) => helpdesk.comments(ticket).filter((one) => one.origin === 'bridge' && one.visibility === 'public').map((one) => one.content.text.text),
    answers: () => telegram.sent.filter((one) => one.kind === 'part').map((one) => one.text),
    notices: () => telegram.sent.filter((one) => one.kind === 'notice').map((one) => one.text),
    onlyTicket(): TicketId {
      const [ticket, another] = helpdesk.tickets();
      if (ticket === undefined || another !== undefined) throw new Error(`expected one ticket, there are ${helpdesk.tickets().length}`);
      return ticket.id;
    },
  };
}

export type World = ReturnType<typeof createWorld>;
