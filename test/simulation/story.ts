/** One story from one seed, and what must hold at its end. */
import type { ChatEvent, MessageId, TicketId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createSimulatedWorld, START_MS, type Options, type SimulatedWorld } from './world.js';

const STORY_MS = 120_000;
/** Long enough for every late landing, retry pause and sweep. */
const QUIET_MS = 240_000;

interface Answer {
  readonly ticket: TicketId;
  readonly text: string;
  readonly visibility: 'public' | 'internal';
}

export interface Ending {
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Plays the story of a seed and tells what was wrong at its end. */
export async function play(options: Options): Promise<Ending> {
  const world = createSimulatedWorld(options);
  const { time, random } = world;
  const answers: Answer[] = [];
  const messages: { readonly event: ChatEvent; readonly text: string; readonly message: MessageId }[] = [];
  const chats = random.between(1, 4);
  let serial = 0;

  function customerWrites(): void {
    const chat = random.between(1, chats);
    serial += 1;
    const text = `question-${serial}-of-${chat}`;
    const earlier = random.chance(0.15) ? random.pick(messages.filter(({ event }) => event.conversation === conversationId(chat))) : undefined;
    const event = messageEvent(chat, serial, text, { sentAtMs: time.nowMs(), ...(earlier && { replyTo: earlier.message }) });
    messages.push({ event, text, message: event.message });
    options.trace?.(`${event.conversation} writes ${text}`);
    world.deliver(event);
    if (random.chance(0.1)) {
      world.counts['telegram_doubled'] = (world.counts['telegram_doubled'] ?? 0) + 1;
      time.after(random.between(0, 500), () => world.deliver(event));
    }
  }

  function customerAsksForNew(): void {
    serial += 1;
    const { conversation, person } = commandEvent(random.between(1, chats), serial, 'new');
    world.deliver({ kind: 'action', conversation, person, sentAtMs: time.nowMs(), actionId: `a${serial}`, action: 'topic:security' });
  }

  function agentWrites(): void {
    const ticket = random.pick(world.helpdesk.tickets());
    if (ticket === undefined) return;
    serial += 1;
    const visibility = random.chance(0.3) ? 'internal' : 'public';
    const parts = visibility === 'public' ? random.between(1, 3) : 1;
    const lines = Array.from({ length: parts }, (_, part) => `${visibility}-answer-${serial}-${part}`);
    for (const text of lines) answers.push({ ticket: ticket.id, text, visibility });
    options.trace?.(`agent on ${ticket.id}: ${lines.join(' ')}`);
    world.helpdesk.agentSays(ticket.id, lines.join('\n'), { visibility });
    world.announce(ticket.id);
  }

  function agentSetsStatus(): void {
    const ticket = random.pick(world.helpdesk.tickets());
    if (ticket === undefined) return;
    world.helpdesk.setPhase(ticket.id, random.pick(['open', 'pending', 'solved', 'solved', 'closed'] as const) ?? 'open');
    world.announce(ticket.id);
  }

  function agentMerges(): void {
    const ticket = random.pick(world.helpdesk.tickets());
    const other = random.pick(world.helpdesk.tickets().filter((one) => one.id !== ticket?.id && one.conversation === ticket?.conversation && one.phase !== 'closed'));
    if (ticket === undefined || other === undefined) return;
    options.trace?.(`merge ${ticket.id} into ${other.id}`);
    world.helpdesk.merge(ticket.id, other.id);
    world.announce(ticket.id);
    world.counts['merge'] = (world.counts['merge'] ?? 0) + 1;
  }

  const acts = [customerWrites, customerWrites, customerWrites, customerAsksForNew, agentWrites, agentWrites, agentSetsStatus, agentMerges];
  for (let n = random.between(5, 40); n > 0; n -= 1) time.after(random.between(0, STORY_MS), () => random.pick(acts)?.());
  for (let n = random.between(0, 4); n > 0; n -= 1) time.after(random.between(0, STORY_MS), () => world.kill());
  world.faults = { ...world.faults, faulty: random.pick([0, 0.02, 0.1, 0.3]) ?? 0 };
  time.after(STORY_MS, () => { world.faults = { ...world.faults, faulty: 0 }; });

  world.start();
  await time.runUntil(START_MS + STORY_MS + QUIET_MS);
  return { violations: [...world.violations, ...judge(world, messages, answers)], counts: world.counts };
}

function judge(world: SimulatedWorld, messages: readonly { readonly text: string; readonly message: MessageId; readonly event: ChatEvent }[], answers: readonly Answer[]): string[] {
  return [...judgeMessages(world, messages), ...judgeAnswers(world, answers), ...judgeDisk(world, [...messages, ...answers].map(({ text }) => text))];
}

function judgeMessages(world: SimulatedWorld, messages: readonly { readonly text: string; readonly message: MessageId; readonly event: ChatEvent }[]): string[] {
  const wrong: string[] = [];
  const comments = world.helpdesk.comments().filter((comment) => comment.origin === 'bridge' && comment.visibility === 'public');
  for (const { message, text } of messages) {
    const copies = comments.filter((comment) => comment.content.text.text === text).length;
    const buried = [...world.disk.buried.values()].some((entry) => entry.message === message);
    if (copies !== 1 && !(copies === 0 && buried)) wrong.push(`${text} stands ${copies} times in the helpdesk`);
  }
  for (const update of world.updates) if (!update.acknowledged) wrong.push(`an update of ${update.event.conversation} was never acknowledged`);
  for (const conversation of new Set(messages.map(({ event }) => event.conversation))) {
    const order = comments.filter((comment) => comment.externalId?.startsWith(`${conversation}:`))
      .sort((a, b) => Number(a.id) - Number(b.id)).map((comment) => Number(comment.externalId?.split(':').at(-1)));
    if (order.some((id, index) => index > 0 && id < (order[index - 1] ?? 0))) wrong.push(`messages of ${conversation} stand in the order ${order.join(' ')}`);
  }
  return wrong;
}

function judgeAnswers(world: SimulatedWorld, answers: readonly Answer[]): string[] {
  const wrong: string[] = [];
  const parts = world.sent.filter((one) => one.kind === 'part');
  const bare = (text: string): string => text.replace(/^#\d+ /, '');
  let repeats = 0;
  for (const { text, visibility } of answers) {
    const times = parts.filter((part) => bare(part.text) === text).length;
    if (visibility === 'internal' && times > 0) wrong.push(`${text} reached Telegram`);
    if (visibility === 'public' && times === 0) wrong.push(`${text} never reached Telegram`);
    repeats += Math.max(0, times - 1);
  }
  // A repeat needs a cause: the one send in flight at a kill, or a reply that was lost.
  const causes = (world.counts['kill'] ?? 0) * 4 + (world.counts['reply_lost'] ?? 0) + (world.counts['error_500'] ?? 0);
  if (repeats > causes) wrong.push(`${repeats} repeats in Telegram for ${causes} kills and lost replies`);
  for (const ticket of new Set(answers.map((answer) => answer.ticket))) {
    const expected = answers.filter((answer) => answer.ticket === ticket && answer.visibility === 'public').map(({ text }) => text);
    const first = [...new Set(parts.map((part) => bare(part.text)))].filter((text) => expected.includes(text));
    if (first.join() !== expected.filter((text) => first.includes(text)).join()) wrong.push(`answers on ${ticket} arrived as ${first.join(' ')}`);
  }
  return wrong;
}

function judgeDisk(world: SimulatedWorld, texts: readonly string[]): string[] {
  const stored = JSON.stringify([...world.disk.rows.values()].map(({ state, links }) => [state, [...links.byMessage], [...links.byComment]]));
  const found = texts.filter((text) => stored.includes(text));
  const open = [...world.disk.rows.values()].flatMap(({ state }) => [...state.intents.map((intent) => `intent of ${intent.message}`), ...state.due.map((due) => `due ${due.kind}`)]);
  return [...found.map((text) => `${text} is at rest in the map`), ...open.map((what) => `left over in the map: ${what}`)];
}

