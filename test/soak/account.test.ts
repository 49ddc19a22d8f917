/** The soak's own account must see what goes wrong: each fault is planted once. */
import { describe, expect, it } from '@jest/globals';
import type { WorldChange } from '../../src/demo/emulator/index.js';
import { takeAccount } from './delivery.js';
import type { DeskAgents, DeskComment } from './desk-reader.js';
import { createLedger, type Copy, type Ledger } from './ledger.js';
import type { Life } from './lives.js';
import { judgeMemory } from './memory.js';

const CHAT = 5;
const IN_FLIGHT_MS = 5_000;

function comment(id: number, html: string, more: Partial<DeskComment> = {}): DeskComment {
  return { id: String(id), ticket: '1001', visibility: 'public', author: { kind: 'requester' }, html, createdAtMs: 0, files: [], ...more };
}

const agent = { author: { kind: 'agent' } };

function deskWith(comments: readonly DeskComment[]): DeskAgents {
  const tickets = [{ id: '1001', number: '1001', status: 'open', conversation: `tg:7:${CHAT}`, seq: 1 }];
  const never = (): never => { throw new Error('the account only reads'); };
  return { latest: never, upload: never, answer: never, setStatus: never, merge: never, all: async () => tickets, comments: async () => comments };
}

function ledgerWith(asked: readonly number[], copies: Readonly<Record<string, readonly Partial<Copy>[]>>, more: Partial<Ledger> = {}): Ledger {
  return {
    asked: new Map(asked.map((number) => [`ask${number}x`, { chat: CHAT, messageId: number }])),
    copies: new Map(Object.entries(copies).map(([mark, list]) => [mark, list.map((copy) => ({ chat: CHAT, messageId: 1, atMs: 0, part: 'text', fileBytes: undefined, ...copy }))])),
    leaks: [], botMessages: 0, everBlocked: new Set(), lostReplies: new Set(), kills: [], ...more,
  };
}

const account = (ledger: Ledger, comments: readonly DeskComment[]) => takeAccount(ledger, deskWith(comments), IN_FLIGHT_MS);

describe('what customers wrote', () => {
  it('is fine when each is there once, in order', async () => {
    const { toHelpdesk } = await account(ledgerWith([1, 2], {}), [comment(10, 'ask1x'), comment(11, 'ask2x')]);
    expect(toHelpdesk).toEqual({ sent: 2, lost: 0, doubled: 0, reordered: 0, brokenFiles: 0 });
  });

  it.each([
    ['lost', [comment(10, 'ask1x')]],
    ['doubled', [comment(10, 'ask1x'), comment(11, 'ask2x'), comment(12, 'ask2x')]],
    ['reordered', [comment(10, 'ask2x'), comment(11, 'ask1x')]],
  ] as const)('is seen to be %s', async (fault, comments) => {
    expect((await account(ledgerWith([1, 2], {}), comments)).toHelpdesk[fault]).toBe(1);
  });

  it('is seen to have a broken file', async () => {
    const ledger = ledgerWith([], {});
    ledger.asked.set('ask1x', { chat: CHAT, messageId: 1, fileBytes: 100 });
    const half = { id: 'f', name: 'f', sizeBytes: 50 };
    expect((await account(ledger, [comment(10, 'ask1x', { files: [half] })])).toHelpdesk.brokenFiles).toBe(1);
    expect((await account(ledger, [comment(10, 'ask1x')])).toHelpdesk.brokenFiles).toBe(1);
    ledger.asked.set('ask2x', { chat: CHAT, messageId: 2, fileBytes: 50 });
    const whole = { ...half, sizeBytes: 100 };
    expect((await account(ledger, [comment(10, 'ask1x ask2x', { files: [whole, half] })])).toHelpdesk).toMatchObject({ brokenFiles: 0, lost: 0, doubled: 0, reordered: 0 });
    expect((await account(ledger, [comment(10, 'ask1x ask2x', { files: [half, whole] })])).toHelpdesk.brokenFiles).toBe(2);
  });
});

describe('what agents answered', () => {
  const answers = [comment(10, 'ans1x', agent), comment(11, 'ans2x', agent)];
  const once = { ans1x: [{ messageId: 1 }], ans2x: [{ messageId: 2 }] };

  it('is fine when each is there once, in order', async () => {
    const { toTelegram, internalInTelegram } = await account(ledgerWith([], once), answers);
    expect(toTelegram).toEqual({
      answers: 2, parts: 2, lost: 0, doubled: 0, repeatsAfterLostReply: 0, repeatsAfterKill: 0, reordered: 0, brokenFiles: 0, misled: 0, undelivered: new Map(), unfounded: 0,
    });
    expect(internalInTelegram).toBe(0);
  });

  it.each([
    ['lost', { ans1x: [{ messageId: 1 }] }],
    ['doubled', { ...once, ans2x: [{ messageId: 2 }, { messageId: 3 }] }],
    ['reordered', { ans1x: [{ messageId: 2 }], ans2x: [{ messageId: 1 }] }],
    ['misled', { ...once, ans2x: [{ messageId: 2, chat: 6 }] }],
  ] as const)('is seen to be %s', async (fault, copies) => {
    expect((await account(ledgerWith([], copies), answers)).toTelegram[fault]).toBe(1);
  });

  it('may come again after a lost reply, and once in a chat after a kill', async () => {
    const twice = { ...once, ans2x: [{ messageId: 2, atMs: 9_000 }, { messageId: 3, atMs: 12_000 }] };
    const lostReply = ledgerWith([], twice, { lostReplies: new Set([`${CHAT} 2`]) });
    expect((await account(lostReply, answers)).toTelegram).toMatchObject({ doubled: 0, repeatsAfterLostReply: 1 });
    expect((await account(ledgerWith([], twice, { kills: [10_000] }), answers)).toTelegram).toMatchObject({ doubled: 0, repeatsAfterKill: 1 });
    expect((await account(ledgerWith([], twice, { kills: [60_000] }), answers)).toTelegram).toMatchObject({ doubled: 1, repeatsAfterKill: 0 });
    const both = { ans1x: [{ messageId: 1, atMs: 9_000 }, { messageId: 3, atMs: 12_000 }], ans2x: [{ messageId: 2, atMs: 9_500 }, { messageId: 4, atMs: 12_500 }] };
    expect((await account(ledgerWith([], both, { kills: [10_000] }), answers)).toTelegram).toMatchObject({ doubled: 1, repeatsAfterKill: 1 });
  });

  it('is not lost when the agent was told, and the reason must be true', async () => {
    const told = comment(12, 'told', { visibility: 'internal', author: { kind: 'bridge' }, externalId: `undelivered:tg:7:${CHAT}:11:blocked` });
    const copies = { ans1x: [{ messageId: 1 }] };
    const blocked = await account(ledgerWith([], copies, { everBlocked: new Set([CHAT]) }), [...answers, told]);
    expect(blocked.toTelegram).toMatchObject({ lost: 0, unfounded: 0, undelivered: new Map([['blocked', 1]]) });
    expect((await account(ledgerWith([], copies), [...answers, told])).toTelegram.unfounded).toBe(1);
  });

  it('must come with all its files', async () => {
    const files = [{ id: 'a', name: 'a', sizeBytes: 10 }, { id: 'b', name: 'b', sizeBytes: 20 }];
    const [withFiles] = [comment(10, 'ans1x', { ...agent, files })];
    const all = [{ messageId: 2, part: 'file 1', fileBytes: 10 }, { messageId: 3, part: 'file 2', fileBytes: 20 }];
    expect((await account(ledgerWith([], { ans1x: all }), [withFiles])).toTelegram).toMatchObject({ parts: 2, lost: 0, brokenFiles: 0, reordered: 0 });
    expect((await account(ledgerWith([], { ans1x: all.slice(0, 1) }), [withFiles])).toTelegram.lost).toBe(1);
    const again = all.map((copy) => ({ ...copy, messageId: copy.messageId + 2, atMs: 12_000, album: 'b' }));
    const killed = ledgerWith([], { ans1x: [...all.map((copy) => ({ ...copy, atMs: 9_000, album: 'a' })), ...again] }, { kills: [10_000] });
    expect((await account(killed, [withFiles])).toTelegram).toMatchObject({ doubled: 0, repeatsAfterKill: 2 });
    expect((await account(ledgerWith([], { ans1x: all.map((copy) => ({ ...copy, fileBytes: 10 })) }), [withFiles])).toTelegram.brokenFiles).toBe(1);
  });
});

describe('memory', () => {
  const MINUTE_MS = 60_000;
  /** Twelve minutes with a collection every half a minute, around 30 MB. */
  function life(growthPerMinute: number): Life {
    const atMs = Array.from({ length: 24 }, (_, index) => index * MINUTE_MS / 2);
    const heapAt = (at: number): number => 30e6 + growthPerMinute * at / MINUTE_MS + (at % MINUTE_MS === 0 ? 3e5 : 0);
    return {
      startedAtMs: 0, endedAtMs: 12 * MINUTE_MS,
      collected: atMs.map((at) => ({ atMs: at, rss: 1e8, heapUsed: heapAt(at), external: 0 })),
      samples: atMs.map((at) => ({ atMs: at, rss: 1e8, heapUsed: heapAt(at), openFiles: 50, lanes: 0, jobs: 0, relayed: at / 1_000, buried: 0 })),
    };
  }

  it('is flat when the heap stays, and not when it grows by more than its caches may', () => {
    expect(judgeMemory(life(0), 0).flat).toBe(true);
    expect(judgeMemory(life(1e6), 0)).toMatchObject({ flat: false, heapSlopePerHour: expect.closeTo(60e6, -6) });
  });

  it('is not judged by a short life', () => {
    expect(judgeMemory({ ...life(1e6), endedAtMs: 5 * MINUTE_MS }, 0).flat).toBeUndefined();
  });
});

describe('what the bot sends', () => {
  it('is told by its marks, and an internal one is seen', () => {
    const listeners: ((change: WorldChange) => void)[] = [];
    const world = { onChange: (listener: (change: WorldChange) => void) => { listeners.push(listener); return () => undefined; } };
    const ledger = createLedger(world, () => 1);
    const says = (body: object, isBot = true): void => {
      const message = { message_id: 3, chat: { id: CHAT, type: 'private' as const }, date: 0, from: { id: 1, is_bot: isBot, first_name: 'x' }, ...body };
      listeners.forEach((listener) => { listener({ type: 'message', chat: CHAT, stored: { message, acknowledged: true } }); });
    };
    says({ text: 'hello ans7x' });
    says({ document: { file_id: 'f', file_unique_id: 'u', file_size: 9, file_name: 'ans7x-2.pdf' } });
    says({ text: 'ans8x' }, false);
    expect([...ledger.copies]).toEqual([['ans7x', [
      { chat: CHAT, messageId: 3, atMs: 1, part: 'text', fileBytes: undefined }, { chat: CHAT, messageId: 3, atMs: 1, part: 'file 2', fileBytes: 9 },
    ]]]);
    expect(ledger.leaks).toEqual([]);
    says({ caption: 'for colleagues int7x' });
    expect(ledger.leaks).toHaveLength(1);
  });
});
