/** What belongs here: the demo put together: people to play, the page's API, and the live view of the bridge. */
import type { Response, Router } from 'express';
import type { Clock, Emit } from '../core/ports.js';
import { createPageApi } from './api.js';
import type { Emulator, EmulatorWorld, WorldChange } from './emulator/index.js';
import { createFeed } from './feed.js';
import type { Feed } from './feed.js';
import { drawPortrait } from './portraits.js';

export { askPassword } from './guard.js';
export { createEmulator, startEmulator } from './emulator/index.js';
export type { Emulator, EmulatorOptions, EmulatorWorld, Fault, Rate, Rates, RunningEmulator } from './emulator/index.js';

export interface Demo {
  /** `/demo/...`; only for requests of this machine to itself, or with the password. No body parser may stand before it. */
  readonly router: Router;
  /** Takes every event of the bridge; ids only. Never throws, never blocks. */
  readonly observe: Emit;
  /** Ends the live streams. */
  close(): void;
}

export interface DemoOptions {
  readonly emulator: Pick<Emulator, 'world'>;
  readonly clock: Clock;
  /** Absent: the API is for this machine only. */
  readonly password?: string | undefined;
}

const STREAMS_MAX = 30;
const UNREAD_BYTES_MAX = 1_000_000;
const PEOPLE = [
  { name: 'Айгерім', lastName: 'Сәрсенова', username: 'aigerim_s', languageCode: 'kk' },
  { name: 'Алексей', lastName: 'Морозов', username: 'a_morozov', languageCode: 'ru' },
  { name: 'Emma', lastName: 'Clarke', username: 'emma_clarke', languageCode: 'en' },
] as const;

/** Adds three customers when the world is empty. */
export function createDemo({ emulator, clock, password }: DemoOptions): Demo {
  const { world } = emulator;
  if (world.users().length === 0) PEOPLE.forEach((person, number) => world.setPhoto(world.addUser(person).id, drawPortrait(number)));
  const feed = createFeed(() => clock.nowMs());
  const streams = new Set<Response>();

  function tell(message: unknown): void {
    const line = `data: ${JSON.stringify(message)}\n\n`;
    for (const stream of streams) {
      // A page that does not read is cut off; it reads the state again when it comes back.
      if (stream.writableLength > UNREAD_BYTES_MAX) stream.destroy();
      else stream.write(line);
    }
  }

  function subscribe(response: Response): void {
    const [oldest] = streams;
    if (streams.size >= STREAMS_MAX && oldest !== undefined) oldest.end();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.write('retry: 1000\n\n');
    streams.add(response);
    response.on('close', () => streams.delete(response));
  }

  const unwatch = world.onChange((change: WorldChange) => tell({ type: 'change', change }));
  return {
    router: createPageApi(world, () => stateOf(world, feed), subscribe, password),
    observe(event) {
      const entry = feed.add(event);
      if (entry !== undefined) tell({ type: 'bridge', entry, counters: feed.counters() });
    },
    close() {
      unwatch();
      for (const stream of streams) stream.end();
      streams.clear();
    },
  };
}

/** Everything the page shows, for its first paint and after a lost connection. */
function stateOf(world: EmulatorWorld, feed: Feed): unknown {
  return {
    customers: world.users().map((user) => {
      const { blocked, photo, messages, reactions, botReactions } = world.chat(user.id);
      return {
        id: user.id, name: [user.first_name, user.last_name].filter(Boolean).join(' '), language: user.language_code ?? '',
        username: user.username ?? '', photo, blocked, messages, reactions, botReactions, commands: world.commands(user.language_code),
      };
    }),
    bridge: { entries: feed.entries(), counters: feed.counters() },
  };
}
