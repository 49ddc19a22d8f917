/** What a story is made of: a setup, and what customers, agents, helpdesk, Telegram and machines do in it. Drawn, and shrunk, by fast-check. */
import fc from 'fast-check';

export const STORY_MS = 120_000;

export interface Setup {
  readonly idempotency: 'native' | 'lookup';
  readonly intake: 'polling' | 'webhook';
  /** How many chats; the last ones are groups. */
  readonly chats: number;
  readonly groups: number;
  /** Probability of a fault for one call. */
  readonly faulty: number;
  /** Seed of everything that is left to chance while the story plays. */
  readonly chaos: number;
}

/** `who` and `which` choose among what is there at that moment. */
export interface Action {
  readonly kind: ActionKind;
  readonly atMs: number;
  readonly who: number;
  readonly which: number;
}

const WEIGHTS = {
  'customer writes': 24, 'customer sends an album': 3, 'customer sends albums at once': 2, 'process is killed while an album is filed': 2, 'customer sends voice or a sticker': 2,
  'customer edits': 4, 'customer replies': 5, 'customer presses a button': 5, 'customer gives a command': 4,
  'customer blocks the bot': 3, 'group moves to a new id': 2, 'customer writes what the helpdesk refuses': 2, 'customer sends an album that the helpdesk refuses': 1,
  'agent answers': 14, 'agent answers with files': 4, 'agent answers at length': 1, 'agent notes': 5, 'agent writes': 5, 'agent answers what telegram refuses': 2,
  'agent answers with marks telegram dislikes': 1,
  'agent answers everybody': 1, 'agent takes back an answer that waits': 1, 'agent changes the visibility': 4, 'agent edits': 4, 'agent deletes': 2, 'agent sets the status': 7, 'agent merges': 4,
  'agent opens a ticket': 3, 'process is killed': 3, 'process is killed at a point': 6, 'process is killed while everybody is answered': 4, 'two instances': 2,
  'helpdesk is down': 1, 'telegram is down': 1, 'telegram floods': 2, 'flood of a chat': 3, 'webhooks are lost': 1,
  'somebody forges': 2, 'admin replays buried work': 4,
} as const;
export type ActionKind = keyof typeof WEIGHTS;

const action = (kind: ActionKind): fc.Arbitrary<Action> => fc.record({
  kind: fc.constant(kind), atMs: fc.nat(STORY_MS), who: fc.nat(999), which: fc.nat(999),
});

const KINDS = Object.keys(WEIGHTS) as readonly ActionKind[];
const actions = fc.array(
  fc.oneof(...KINDS.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: action(kind) }))),
  { minLength: 1, maxLength: 45, size: 'max' },
);

export interface Story {
  readonly setup: Setup;
  readonly actions: readonly Action[];
}

/** `forced` parts of the setup are not drawn. */
export function stories(forced: Partial<Setup> = {}): fc.Arbitrary<Story> {
  const setup = fc.record({
    idempotency: fc.constantFrom<Setup['idempotency']>('lookup', 'native'), intake: fc.constantFrom<Setup['intake']>('polling', 'webhook'),
    chats: fc.integer({ min: 1, max: 4 }), groups: fc.constantFrom(0, 0, 1), faulty: fc.constantFrom(0, 0.02, 0.1, 0.3), chaos: fc.nat(),
  });
  return fc.record({ setup: setup.map((drawn) => ({ ...drawn, ...forced })), actions });
}
