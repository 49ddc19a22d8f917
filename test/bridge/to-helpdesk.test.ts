import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type MessageId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createVirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { endingWhen } from './ending.js';
import { createWorld } from './world.js';

const idempotencies = ['native', 'lookup'] as const;

describe('a message on its way to the helpdesk', () => {
  it('opens a ticket, and the next message goes to the same one', async () => {
    const world = createWorld();
    expect(await world.receive(messageEvent(7, 1, 'hello'))).toEqual([true]);
    expect(await world.receive(messageEvent(7, 2, 'and more'))).toEqual([true]);
    expect(world.stored(world.onlyTicket())).toEqual(['hello', 'and more']);
  });

  it('sends one receipt with the number and the answer time', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'), messageEvent(7, 2, 'more'));
    expect(world.notices()).toEqual(['receipt 1001 answer.within.hours 4']);
  });

  it.each([
    { name: '', setBackMs: 0 },
    { name: ' and the clock is set back', setBackMs: 3_600_000 },
  ])('sends the receipt after a crash came before it$name', async ({ setBackMs }) => {
    const inside = createMemoryIdMap();
    const nowMs = createVirtualClock().nowMs();
    const { helpdesk, ...first } = createWorld({ idMap: endingWhen(inside, ({ due = [] }) => due.length > 0), clock: createVirtualClock(nowMs) });
    await first.receive(messageEvent(7, 1, 'hello'));
    expect(first.notices()).toEqual([]);
    const next = createWorld({ idMap: inside, helpdesk, clock: createVirtualClock(nowMs - setBackMs) });
    await next.runSweep();
    await next.runSweep();
    expect(next.notices()).toEqual(['receipt 1001 answer.within.hours 4']);
  });

  it.each(idempotencies)('stores a message that Telegram delivers twice once (%s)', async (idempotency) => {
    const world = createWorld({ idempotency });
    await world.receive(messageEvent(7, 1, 'hello'), messageEvent(7, 1, 'hello'));
    expect(await world.receive(messageEvent(7, 1, 'hello'))).toEqual([true]);
    expect(world.stored()).toEqual(['hello']);
  });

  it.each(idempotencies)('creates no second ticket when the answer to the first try is lost (%s)', async (idempotency) => {
    const world = createWorld({ idempotency });
    world.helpdesk.fail('createTicket', 'after');
    expect(await world.receive(messageEvent(7, 1, 'hello'))).toEqual([false]);
    await world.clock.advance(2_000);
    expect(world.stored(world.onlyTicket())).toEqual(['hello']);
    expect((await world.state(conversationId(7))).intents).toEqual([]);
  });

  it.each(idempotencies)('writes no second comment when the answer to the first try is lost (%s)', async (idempotency) => {
    const world = createWorld({ idempotency });
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', 'after', 'after');
    await world.receive(messageEvent(7, 2, 'two'), messageEvent(7, 3, 'three'));
    await world.clock.advance(120_000);
    expect(world.stored()).toEqual(['hello', 'two', 'three']);
  });

  it('does not write again while the first request may still land', async () => {
    const world = createWorld({ idempotency: 'lookup' });
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', 'late');
    await world.receive(messageEvent(7, 2, 'two'));
    await world.clock.advance(20_000);
    expect(world.helpdesk.calls['addComment']).toBe(1);
    world.helpdesk.landLate();
    await world.clock.advance(20_000);
    expect(world.stored()).toEqual(['hello', 'two']);
    expect(world.helpdesk.calls['addComment']).toBe(1);
  });

  it('writes again once the first request can no longer land', async () => {
    const world = createWorld({ idempotency: 'lookup' });
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', 'late');
    await world.receive(messageEvent(7, 2, 'two'));
    await world.clock.advance(31_000);
    expect(world.stored()).toEqual(['hello', 'two']);
  });

  it('does not trust a slow look: the first request may land while its answer is on the way', async () => {
    const clock = createVirtualClock();
    const helpdesk = createFakeHelpdesk(() => clock.nowMs(), { idempotency: 'lookup' });
    const slow: HelpdeskConnector = {
      ...helpdesk.connector,
      async findComment(ticket, externalId) {
        const found = await helpdesk.connector.findComment?.(ticket, externalId);
        await clock.sleep(40_000);
        return found;
      },
    };
    const world = createWorld({ clock, helpdesk: { ...helpdesk, connector: slow } });
    await world.receive(messageEvent(7, 1, 'hello'));
    helpdesk.fail('addComment', 'late');
    await world.receive(messageEvent(7, 2, 'two'));
    await clock.advance(20_000);
    helpdesk.landLate();
    await clock.advance(120_000);
    expect(world.stored()).toEqual(['hello', 'two']);
    expect(helpdesk.calls['addComment']).toBe(1);
  });

  it('looks first after a crash between the write and its link', async () => {
    const world = createWorld({ idempotency: 'lookup' });
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    // What a killed process leaves behind: an intent on disk and a comment in the helpdesk.
    const message = mintId<MessageId>('tg:1:7:2');
    await world.idMap.withConversation(conversationId(7), (session) => session.commit({ intents: [{ message, ticket, settlesAtMs: world.clock.nowMs() + 30_000 }] }));
    await world.helpdesk.connector.addComment(ticket, { externalId: message, visibility: 'public', from: 'requester', content: messageEvent(7, 2, 'two').content });
    expect(await world.receive(messageEvent(7, 2, 'two'))).toEqual([true]);
    expect(world.stored()).toEqual(['hello', 'two']);
  });

  it('retries soon after a request that certainly had no effect', async () => {
    const world = createWorld({ idempotency: 'lookup' });
    world.helpdesk.fail('createTicket', 'before', 'before');
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.clock.advance(3_000);
    expect(world.stored()).toEqual(['hello']);
  });

  it('keeps the order of a conversation through an outage, and other conversations do not wait for it', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'a1'));
    world.helpdesk.fail('addComment', ...Array.from({ length: 6 }, () => 'before' as const));
    const acknowledged = await world.receive(messageEvent(7, 2, 'a2'), messageEvent(7, 3, 'a3'), messageEvent(8, 1, 'b1'));
    expect(acknowledged).toEqual([false, false, true]);
    await world.clock.advance(60_000);
    expect(world.stored().filter((text) => text.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
  });

  it('wakes every lane as soon as one gets through', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'a1'), messageEvent(8, 1, 'b1'));
    world.helpdesk.fail('addComment', ...Array.from({ length: 9 }, () => 'before' as const));
    await world.receive(messageEvent(7, 2, 'a2'), messageEvent(8, 2, 'b2'));
    await world.clock.advance(11_000);
    const failedBefore = world.stored().length;
    await world.clock.advance(5_000);
    expect([failedBefore <= 4, world.stored().sort()]).toEqual([true, ['a1', 'a2', 'b1', 'b2']]);
  });

  it('buries what fails for good, tells the requester once, acknowledges, and goes on', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const broken = new BridgeError({ code: 'invalid', operation: 'addComment', message: 'no' });
    world.helpdesk.fail('addComment', broken, broken, broken);
    await world.receive(messageEvent(7, 2, 'poison'), messageEvent(7, 3, 'fine'));
    await world.clock.advance(10_000);
    expect(world.stored()).toEqual(['hello', 'fine']);
    expect(world.notices().filter((text) => text.startsWith('message.notFiled'))).toHaveLength(1);
    expect(await world.idMap.buried()).toMatchObject([{ direction: 'to_helpdesk', message: 'tg:1:7:2', code: 'invalid' }]);
  });

  it('buries a message whose conversation alone keeps failing while others get through', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const add = world.helpdesk.connector.addComment;
    world.helpdesk.connector.addComment = (ticket, draft) => (draft.externalId === 'tg:1:7:2'
      ? Promise.reject(new BridgeError({ code: 'unavailable', operation: 'addComment', message: '500' })) : add(ticket, draft));
    await world.receive(messageEvent(7, 2, 'poison'));
    for (let minute = 0; minute < 60; minute += 1) {
      await world.receive(messageEvent(8, minute + 1, `other ${minute}`));
      await world.clock.advance(60_000);
    }
    expect(await world.idMap.buried()).toHaveLength(1);
  });

  it('does not bury anything in an outage that hits everybody', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', ...Array.from({ length: 700 }, () => 'before' as const));
    await world.receive(messageEvent(7, 2, 'patient'));
    await world.clock.advance(3_600_000);
    expect(await world.idMap.buried()).toEqual([]);
    await world.clock.advance(3_600_000);
    expect(world.stored()).toEqual(['hello', 'patient']);
  });

  it('acknowledges nothing that was not stored when it stops', async () => {
    const world = createWorld();
    world.helpdesk.fail('createTicket', ...Array.from({ length: 50 }, () => 'before' as const));
    let outcome = 'waiting';
    world.bridge.handle(messageEvent(7, 1, 'hello')).then(() => { outcome = 'acknowledged'; }, () => { outcome = 'not acknowledged'; });
    await world.clock.settle();
    await world.bridge.stop();
    await world.clock.settle();
    expect(outcome).toBe('not acknowledged');
  });
});

describe('the ticket of a message', () => {
  it('is a new one after /new, and a reply still goes to the old one', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'first'), messageEvent(7, 2, 'second'), commandEvent(7, 3, 'new'));
    await world.receive({ ...commandEvent(7, 4, ''), kind: 'action', actionId: 'x', action: 'topic:security' });
    await world.receive(messageEvent(7, 5, 'another matter'));
    const [first, second] = world.helpdesk.tickets();
    await world.receive(messageEvent(7, 6, 'about the first', { replyTo: mintId<MessageId>('tg:1:7:1') }));
    expect(world.stored(first?.id)).toEqual(['first', 'second', 'about the first']);
    expect(world.stored(second?.id)).toEqual(['another matter']);
  });

  it('is reopened when it was solved', async () => {
    const world = createWorld();
    await world.runSweep();
    await world.receive(messageEvent(7, 1, 'first'));
    world.helpdesk.setPhase(world.onlyTicket(), 'solved');
    await world.runSweep();
    await world.receive(messageEvent(7, 2, 'not yet'));
    await world.runSweep();
    expect(world.helpdesk.tickets().map((ticket) => ticket.phase)).toEqual(['open']);
    expect(world.notices().filter((text) => text.startsWith('statusChanged'))).toEqual(['statusChanged.solved 1001']);
  });

  it('is a linked follow-up when the helpdesk takes no more comments, even if the bridge did not know yet', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'first'));
    world.helpdesk.setPhase(world.onlyTicket(), 'closed');
    expect(await world.receive(messageEvent(7, 2, 'again'))).toEqual([true]);
    expect(world.helpdesk.tickets()).toHaveLength(2);
    expect(world.stored(world.helpdesk.tickets()[1]?.id)).toEqual(['again']);
    expect(world.notices().at(-1)).toBe('followUp.opened 1002 1001');
  });

  it('is a follow-up when it was solved too long ago', async () => {
    const world = createWorld();
    await world.runSweep();
    await world.receive(messageEvent(7, 1, 'first'));
    world.helpdesk.setPhase(world.onlyTicket(), 'solved');
    await world.runSweep();
    await world.clock.advance(8 * 86_400_000);
    await world.receive(messageEvent(7, 2, 'again', { sentAtMs: world.clock.nowMs() }));
    expect(world.helpdesk.tickets()).toHaveLength(2);
  });

  it('is a new one when the old one was deleted', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'first'));
    world.helpdesk.remove(world.onlyTicket());
    expect(await world.receive(messageEvent(7, 2, 'again'))).toEqual([true]);
    expect(world.stored(world.onlyTicket())).toEqual(['again']);
  });
});

describe('files that cannot come along', () => {
  const big: Attachment = { kind: 'video', name: 'film.mp4', mediaType: 'video/mp4', sizeBytes: 34 * 2 ** 20 };

  it('become a line on the ticket, and the requester is told', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, '', { content: { text: plainText('look'), attachments: [big] } }));
    expect(world.stored()).toEqual(['look\nfile.tooBigComment film.mp4 34 MB 20 MB']);
    expect(world.notices()).toContain('file.tooBigIn film.mp4 34 MB 20 MB');
  });

  it('leave the text when Telegram no longer hands the file out', async () => {
    const world = createWorld();
    const gone = new BridgeError({ code: 'not_found', operation: 'getFile', message: 'gone', reason: 'file_unavailable' });
    world.helpdesk.fail('createTicket', gone);
    const file: Attachment = { kind: 'document', name: 'a.pdf', mediaType: 'application/pdf', sizeBytes: 10, open: () => Promise.reject(gone) };
    await world.receive(messageEvent(7, 1, '', { content: { text: plainText('look'), attachments: [file] } }));
    expect(world.stored()).toEqual(['look\nfile.tooBigComment a.pdf 10 B ?']);
  });
});
