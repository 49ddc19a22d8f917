/** What belongs here: a lost map rebuilt from the helpdesk of a world, and the bridge that starts with it. */
import { expect } from '@jest/globals';
import { findMissing, rebuildMap, type Rebuilt } from '../../src/bridge/recovery/rebuild.js';
import { BridgeError } from '../../src/core/errors.js';
import type { HelpdeskConnector, IdMap } from '../../src/core/ports.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createOrigins } from '../../src/telegram/origins.js';
import { fakeMapping } from '../fakes/mapping.js';
import { createWorld, type World } from './world.js';

export const BLOCKED = new BridgeError({ code: 'forbidden', operation: 'sendPart', message: 'blocked', reason: 'blocked' });
export const DAY_MS = 86_400_000;

export async function rebuild(world: World, options: { readonly sinceMs?: number; readonly connector?: Partial<HelpdeskConnector> } = {}): Promise<{ readonly idMap: IdMap; readonly rebuilt: Rebuilt }> {
  const startedAtMs = world.clock.nowMs();
  const idMap = createMemoryIdMap({ bornAtMs: startedAtMs });
  const rebuilt = await rebuildMap({ connector: { ...world.helpdesk.connector, ...options.connector }, idMap, mapping: fakeMapping }, {
    origins: createOrigins('1'), startedAtMs, progress: () => undefined, ...(options.sinceMs !== undefined && { sinceMs: options.sinceMs }),
  });
  expect(await findMissing(idMap, rebuilt.conversations)).toEqual([]);
  return { idMap, rebuilt };
}

/** The bridge as it starts with a rebuilt map: same helpdesk, same customers. */
export async function startAgain(world: World, idMap: IdMap): Promise<World> {
  const next = createWorld({ idMap, clock: world.clock, helpdesk: world.helpdesk });
  await next.runSweep();
  await next.clock.settle();
  return next;
}

export async function later(world: World, byMs = 60_000): Promise<void> {
  await world.clock.advance(byMs);
}
