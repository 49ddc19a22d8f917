/** What customers do with albums beside sending one. */
import type { Action } from './actions.js';
import { chatOf, type Cast } from './cast.js';
import { photo, say } from './customers.js';
import { conversationOf } from './ledger.js';

/** Just before an album is filed of which no more items came. */
const BEFORE_FILING_MS = 900;

/** The process ends when the comment of an album is in the helpdesk and no link says so; then one more item of it comes. */
export function interruptedAlbum(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const chat = chatOf(cast, action);
  if (world.botApi.chat(chat).blocked) return false;
  const send = albumOf(cast, action, 'k');
  for (let items = 1 + action.which % 3; items > 0; items -= 1) send();
  world.time.after(BEFORE_FILING_MS, () => {
    const isFirst = world.disk.rows.get(conversationOf(chat))?.state.current === undefined;
    world.armed = { point: `${isFirst ? 'createTicket' : 'addComment'} landed`, act: (program) => {
      world.ledger.count('killed while an album was filed');
      world.kill(program);
    } };
  });
  world.time.after(BEFORE_FILING_MS + 300 + action.which * 3, send);
  return true;
}

/** Two people of a group send albums at the same time, or one person does from two devices. */
export function albumsAtOnce(cast: Cast, action: Action): void {
  const sends = [albumOf(cast, action, 'x'), albumOf(cast, action, 'y'), albumOf(cast, action, 'z')].slice(0, 2 + action.which % 2);
  for (let items = 2 + action.which % 3; items > 0; items -= 1) for (const send of sends) send();
}

/** The helpdesk takes no item of it, so it takes none of them together. */
export function refusedAlbum(cast: Cast, action: Action): void {
  const send = albumOf(cast, action, 'r', true);
  for (let items = 2 + action.which % 3; items > 0; items -= 1) send();
}

/** Sends one item more of the same album with each call. */
function albumOf(cast: Cast, action: Action, kind: string, refused = false): () => void {
  const album = `${kind}${cast.serial}`;
  return () => say(cast, action, (name) => ({ caption: name, photo: photo(name), media_group_id: album }), { album, refused });
}
