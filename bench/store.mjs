// Stores of a given size for the benches of the id map.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createLowdbIdMap } from '../dist/idmap/lowdb.js';
import { placesIn } from '../dist/idmap/names.js';

const LINKS_EACH = 6;

export const conversationOf = (number) => `tg:1:${1_000_000 + number}`;
export const linkOf = (number, message) => ({ ticket: `${number}`, comment: `${number}${message}`, message: `${conversationOf(number)}:${message}`, part: 0 });
const ticketOf = (number) => ({ ticket: `${number}`, number: `${number}`, phase: 'open', phaseSinceMs: 1, toldPhase: 'open', openedAtMs: 1, cursor: `${number}0` });

export const openStore = (folder) => createLowdbIdMap({ folder, nowMs: () => performance.now() });

/** A store with `count` conversations, as the map itself writes them but without a sync for each. */
export async function fillStore(folder, count) {
  await (await openStore(folder)).close();
  const places = placesIn(folder);
  const made = new Set();
  for (let number = 0; number < count; number += 1) {
    const place = places.conversation(conversationOf(number));
    if (!made.has(place.folder)) mkdirSync(place.folder, { recursive: true });
    made.add(place.folder);
    const links = Array.from({ length: LINKS_EACH }, (_, message) => linkOf(number, message)).map((link) => [link.ticket, link.comment, link.message, link.part]);
    const state = { conversation: conversationOf(number), tickets: [ticketOf(number)], current: `${number}`, requester: `${number}`, languageTag: 'ru', intents: [], due: [] };
    writeFileSync(place.path, JSON.stringify({ format: 1, state, pages: 0, links }));
  }
}
