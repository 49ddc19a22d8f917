import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Mapping } from '../../src/core/mapping.js';
import { BridgeError } from '../../src/core/errors.js';
import type { ProfilePhoto } from '../../src/core/photos.js';
import { fakeMapping } from '../fakes/mapping.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let world: World;
let shown: string | undefined;
let asked: number;
/** While it stands nothing is answered. */
let hold: Promise<void> | undefined;
let fault: BridgeError | undefined;

let mapping: Mapping;

beforeEach(() => {
  shown = 'photo-1';
  asked = 0;
  hold = undefined;
  fault = undefined;
  const photoOf = async (): Promise<ProfilePhoto | undefined> => {
    asked += 1;
    await hold;
    if (fault !== undefined) throw fault;
    return shown === undefined ? undefined : { id: shown, picture: { kind: 'photo', name: `${shown}.jpg`, mediaType: 'image/jpeg' } };
  };
  mapping = fakeMapping;
  world = createWorld({ photos: { photoOf }, mapping: () => mapping });
});

/** What the helpdesk was told to show, in order. */
const pictures = (): readonly (string | undefined)[] => world.helpdesk.avatars.map(([, picture]) => picture?.name);
const say = (id: number, conversation = 7) => world.receive({ ...messageEvent(7, id, `message ${id}`), conversation: conversationId(conversation) });
const warnings = () => world.events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [event.message] : []));
const leavePhotosOut = (): void => {
  mapping = { ...mapping, tellsPhotos: false };
};

describe('the profile photo of a requester', () => {
  it('is shown with them when they first write, and looked at again on another day only', async () => {
    await say(1);
    expect(world.helpdesk.avatars).toMatchObject([['tg:7', { name: 'photo-1.jpg' }]]);
    await say(2);
    shown = 'photo-2';
    await world.clock.advance(23 * HOUR_MS);
    await say(3);
    expect([asked, pictures()]).toEqual([1, ['photo-1.jpg']]);
    await world.clock.advance(HOUR_MS);
    await say(4);
    expect([asked, pictures()]).toEqual([2, ['photo-1.jpg', 'photo-2.jpg']]);
  });

  it('is not brought over again while it is the same, and goes when it was removed', async () => {
    await say(1);
    await world.clock.advance(DAY_MS);
    await say(2);
    expect([asked, pictures()]).toEqual([2, ['photo-1.jpg']]);
    shown = undefined;
    await world.clock.advance(DAY_MS);
    await say(3);
    expect(pictures()).toEqual(['photo-1.jpg', undefined]);
    await world.clock.advance(DAY_MS);
    await say(4);
    expect([asked, pictures()]).toEqual([4, ['photo-1.jpg', undefined]]);
  });

  it('is remembered by its id and the time alone', async () => {
    await say(1);
    expect((await world.state(conversationId(7))).photo).toEqual({ id: 'photo-1', lookedAtMs: world.clock.nowMs() });
  });

  it('keeps no message waiting, however long it takes', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => { release = resolve; });
    expect(await world.receive(messageEvent(7, 1, 'message 1'), messageEvent(7, 2, 'message 2'))).toEqual([true, true]);
    expect([world.stored(), pictures(), asked]).toEqual([['message 1', 'message 2'], [], 1]);
    release();
    await world.clock.settle();
    expect(pictures()).toEqual(['photo-1.jpg']);
  });

  it('that cannot be had fails no message, is logged, and tried another day', async () => {
    fault = new BridgeError({ code: 'unavailable', operation: 'getUserProfilePhotos', message: 'no answer' });
    expect(await say(1)).toEqual([true]);
    expect(warnings()).toEqual([expect.stringContaining('profile photo')]);
    fault = undefined;
    expect(await say(2)).toEqual([true]);
    expect([asked, pictures()]).toEqual([1, []]);
    await world.clock.advance(DAY_MS);
    await say(3);
    expect(pictures()).toEqual(['photo-1.jpg']);
  });

  it('that the helpdesk did not take is brought again another day, also one it may have taken', async () => {
    for (const [id, way] of [[1, 'before'], [2, 'after']] as const) {
      world.helpdesk.fail('setAvatar', way);
      expect(await say(id)).toEqual([true]);
      await world.clock.advance(DAY_MS);
    }
    await say(3);
    expect(pictures()).toEqual(['photo-1.jpg', 'photo-1.jpg']);
    expect((await world.state(conversationId(7))).photo?.id).toBe('photo-1');
  });

  it('is not asked for when the mapping leaves it out; one that was brought before goes with the next message', async () => {
    await say(1);
    leavePhotosOut();
    await say(2);
    expect([asked, pictures()]).toEqual([1, ['photo-1.jpg', undefined]]);
    expect((await world.state(conversationId(7))).photo).toBeUndefined();
    await say(3);
    await world.clock.advance(DAY_MS);
    await say(4);
    expect([asked, pictures().length]).toEqual([1, 2]);
  });

  it('is not asked for when the helpdesk has no place for it', async () => {
    const { setAvatar: _none, ...connector } = world.helpdesk.connector;
    world = createWorld({ helpdesk: { ...world.helpdesk, connector }, photos: { photoOf: async () => { asked += 1; return undefined; } } });
    await say(1);
    expect(asked).toBe(0);
  });

  it('of somebody in a group is not asked for', async () => {
    await say(1, -5);
    expect([world.stored(), asked]).toEqual([['message 1'], 0]);
  });

  it('takes an old one away that a lost map knew of', async () => {
    shown = undefined;
    await say(1);
    expect(pictures()).toEqual([undefined]);
  });

  it('is asked for two people at a time, and for all of them in the end', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => { release = resolve; });
    await world.receive(...[1, 2, 3, 4, 5].map((chat) => messageEvent(chat, 1, `from ${chat}`)));
    expect(asked).toBe(2);
    release();
    await world.clock.settle();
    expect(world.helpdesk.avatars.map(([requester]) => requester)).toEqual(['tg:1', 'tg:2', 'tg:3', 'tg:4', 'tg:5']);
  });

  it('is asked for no more when the bridge has stopped', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => { release = resolve; });
    await world.receive(...[1, 2, 3].map((chat) => messageEvent(chat, 1, `from ${chat}`)));
    const stopping = world.bridge.stop();
    release();
    await world.clock.settle();
    await stopping;
    expect(asked).toBe(2);
  });
});
