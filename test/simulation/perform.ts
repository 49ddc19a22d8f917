/** What each action of a story does. */
import { mintId, type TicketId } from '../../src/core/types.js';
import type { Action, ActionKind } from './actions.js';
import { openTicket } from './agent-tickets.js';
import { answer, answerAll, changeVisibility, editAnswer, erase, merge, setStatus, takeBack, write } from './agents.js';
import { chatOf, pick, type Cast } from './cast.js';
import { albumsAtOnce, interruptedAlbum, refusedAlbum } from './album-acts.js';
import { album, block, chatField, command, edit, move, press, reply, say, sayOtherwise, sender } from './customers.js';
import { replayBuried } from './operators.js';
import { TELEGRAM_REFUSES } from './weather.js';
import { arrive, type Program } from './world.js';

export function perform(cast: Cast, action: Action): void {
  const { world } = cast;
  const before = world.ledger.counts[`EVENT ${action.kind}`] ?? 0;
  world.trace(`${action.kind} ${action.who} ${action.which}`);
  if (ACTS[action.kind](cast, action) !== false) world.ledger.counts[`EVENT ${action.kind}`] = before + 1;
}

function forge(cast: Cast, { which }: Action): void {
  const { world } = cast;
  const target = world.random.pick([...world.programs]);
  if (target === undefined) return;
  const ticket = mintId<TicketId>(`forged${which}`);
  arrive(target, ticket, world.helpdesk.webhookOf(ticket, 'a guess'), world.ledger.count);
  const { webhook } = target.endpoint;
  if (webhook === undefined) return;
  const update = { update_id: 900_000 + which, message: { message_id: 9, date: 1, from: sender(1), chat: chatField(1), text: 'zqforged' } };
  void webhook({ headers: { 'x-telegram-bot-api-secret-token': world.forgedSecret }, body: Buffer.from(JSON.stringify(update)) }).then(({ status }) => world.ledger.count(`forged update answered ${status}`));
}

/** Where a process may be ended: at each of these moments, whenever it comes there next. */
export const POINTS = [
  'commit before', 'commit after', 'bury before', 'bury after', 'saveSweepCursor before', 'saveSweepCursor after',
  'sendMessage left', 'sendMessage landed', 'sendDocument landed', 'sendMediaGroup landed',
  'editMessageText landed', 'deleteMessage landed', 'changesAfter landed', 'createTicket left', 'createTicket landed', 'addComment left', 'addComment landed',
  'findComment landed', 'findTicket landed', 'reportDelivered left', 'reportDelivered landed', 'commentsAfter landed', 'changedSince landed', 'getUpdates landed',
] as const;

function killNow({ world }: Cast): boolean {
  const program = world.holder();
  if (program === undefined) return false;
  world.ledger.count('killed at any moment');
  world.kill(program);
  return true;
}

function killAtPoint({ world }: Cast, { which }: Action): void {
  const point = pick(POINTS, which) ?? 'commit after';
  world.armed = { point, act: (program) => { world.ledger.count(`killed at: ${point}`); world.kill(program); } };
}

/** In the middle of many sends. */
function killWhileAnswering(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const point = pick(['sendMessage landed', 'commit before', 'sendMessage left'], action.which) ?? 'sendMessage landed';
  world.time.after(action.who, () => {
    world.armed = { point, act: (program) => { world.ledger.count('killed while everybody was answered'); world.kill(program); } };
  });
  return answerAll(cast, action);
}

/** A botched failover: the machine freezes, another one starts on the same disk, and then the first one wakes. */
function failOver({ world }: Cast, { who, which }: Action): void {
  const act = (program: Program): void => {
    world.ledger.count('failed over while the first still lived');
    world.trace(`freeze ${program.process.name}`);
    program.process.freeze();
    world.time.after(1_000 + who * 3, world.start);
    world.time.after(1_000 + which * 90, () => {
      world.trace(`thaw ${program.process.name}`);
      program.process.thaw();
    });
  };
  const point = pick(['now', ...POINTS], which) ?? 'now';
  const program = world.holder();
  if (point !== 'now') world.armed = { point, act };
  else if (program !== undefined && !program.process.frozen()) act(program);
}

const FLOODS_MS = [3_000, 20_000, 120_000, 900_000];

const ACTS: Readonly<Record<ActionKind, (cast: Cast, action: Action) => boolean | void>> = {
  'customer writes': (cast, action) => say(cast, action, (name) => ({ text: name })),
  'customer writes what the helpdesk refuses': (cast, action) => say(cast, action, (name) => ({ text: name }), { refused: true }),
  'customer sends an album': album,
  'customer sends albums at once': albumsAtOnce,
  'customer sends an album that the helpdesk refuses': refusedAlbum,
  'customer sends voice or a sticker': sayOtherwise,
  'process is killed while an album is filed': interruptedAlbum,
  'customer edits': edit,
  'customer replies': reply,
  'customer presses a button': press,
  'customer gives a command': command,
  'customer blocks the bot': block,
  'group moves to a new id': move,
  'agent answers': (cast, action) => answer(cast, action),
  'agent answers with files': (cast, action) => answer(cast, action, { files: 1 + action.which % 3 }),
  'agent answers at length': (cast, action) => answer(cast, action, { pieces: 2 + action.which % 2 }),
  'agent writes': write,
  'agent notes': (cast, action) => answer(cast, action, { visibility: 'internal' }),
  'agent answers what telegram refuses': (cast, action) => answer(cast, action, { mark: ` ${TELEGRAM_REFUSES}` }),
  'agent answers with marks telegram dislikes': (cast, action) => answer(cast, action, { mark: ' zqe', bold: true }),
  'agent changes the visibility': changeVisibility,
  'agent edits': editAnswer,
  'agent deletes': erase,
  'agent answers everybody': answerAll,
  'agent takes back an answer that waits': takeBack,
  'agent sets the status': setStatus,
  'agent merges': merge,
  'agent opens a ticket': openTicket,
  'process is killed': killNow,
  'process is killed at a point': killAtPoint,
  'process is killed while everybody is answered': killWhileAnswering,
  'two instances': failOver,
  'helpdesk is down': ({ world }, { which }) => world.weather.helpdeskDown(which * 60),
  'telegram is down': ({ world }, { which }) => world.weather.telegramDown(which * 60),
  'telegram floods': ({ world }, { who, which }) => world.weather.flooded('all', pick(FLOODS_MS.slice(0, 3), who + which) ?? 3_000),
  'flood of a chat': (cast, action) => cast.world.weather.flooded(chatOf(cast, action), pick(FLOODS_MS, action.which) ?? 3_000),
  'webhooks are lost': ({ world }, { which }) => world.weather.loseWebhooks(which * 60),
  'somebody forges': forge,
  'admin replays buried work': replayBuried,
};
