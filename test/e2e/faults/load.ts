/** The traffic of a fault run: customers write and agents answer, at a steady pace, and every text can be told from every other. */
import type { EmulatorWorld } from '../../../src/demo/emulator/index.js';
import { fromBot } from '../setup.js';

/** In every text and name, so that one word finds them all. */
export const MARK = 'лазурит';

/** What can be told apart: `q3-5` is the sixth message of the fourth customer, `a3-5.1` a part of the sixth answer to them. */
const QUESTION = /\bq\d+-\d+\b/g;
const ANSWER = /\ba\d+-\d+(?:\.\d)?\b/g;
const RECEIPT = /Thank you! Your request has the number/;

export const questionsIn = (text: string): readonly string[] => text.match(QUESTION) ?? [];
export const answersIn = (text: string): readonly string[] => text.match(ANSWER) ?? [];

export interface Plan {
  readonly chats: number;
  readonly messagesPerSecond: number;
  readonly answersPerSecond: number;
  /** Each so-manyth answer is too long for one message of Telegram and needs three; 0 = none. */
  readonly longEvery: number;
}

export interface Customer {
  readonly user: number;
  readonly sent: string[];
  /** The words of every answer, each in a part of its own. */
  readonly answered: string[];
}

export interface Load {
  readonly customers: readonly Customer[];
  /** One message of one customer, now. */
  say(customer: Customer, more?: string): void;
  /** Starts the traffic; a second call goes on. Who has no ticket yet gets no answers. */
  start(): void;
  /** Ends it; resolves when every answer under way is in the helpdesk. Throws what an agent met. */
  stop(): Promise<void>;
  /** Agents pause, customers write on. */
  pauseAgents(): Promise<void>;
  /** What the customer got so far, in order. */
  received(customer: Customer): readonly string[];
  receipts(customer: Customer): number;
}

const TICK_MS = 20;
/** Three of these with a line between them are more than two messages hold, and no two fit one. */
const LONG_LENGTH = 3_500;

export function createLoad(world: EmulatorWorld, plan: Plan, answer: (user: number, html: string) => Promise<void>): Load {
  const customers: readonly Customer[] = Array.from({ length: plan.chats }, (_, index) => ({
    user: world.addUser({ name: `${MARK}${index}`, username: `mark_${index}_user` }).id, sent: [], answered: [],
  }));
  const indexOf = new Map(customers.map((customer, index) => [customer, index]));
  const lanes = new Map<Customer, Promise<void>>();
  const troubles: unknown[] = [];
  const due = { messages: 0, answers: 0 };
  let timer: NodeJS.Timeout | undefined;
  let agentsPaused = false;
  let turn = 0;
  let answerTurn = 0;
  let answers = 0;

  const receipts = (customer: Customer): number => fromBot(world, customer.user).filter((message) => RECEIPT.test(message.text ?? '')).length;

  function say(customer: Customer, more = ''): void {
    const word = `q${indexOf.get(customer) ?? 0}-${customer.sent.length}`;
    customer.sent.push(word);
    world.say(customer.user, `${MARK} ${word} 🙂${more}`);
  }
  /** One agent for each customer: the next answer goes out when the one before is in the helpdesk. */
  function reply(customer: Customer): void {
    const word = `a${indexOf.get(customer) ?? 0}-${customer.answered.length}`;
    answers += 1;
    const isLong = plan.longEvery > 0 && answers % plan.longEvery === 0;
    const words = isLong ? [1, 2, 3].map((part) => `${word}.${part}`) : [word];
    customer.answered.push(...words);
    const html = words.map((one) => `<p>${MARK} ${one} ${isLong ? 'ответ '.repeat(LONG_LENGTH / 6) : 'ответ'}</p>`).join('');
    const before = lanes.get(customer) ?? Promise.resolve();
    lanes.set(customer, before.then(() => answer(customer.user, html)).catch((trouble: unknown) => { troubles.push(trouble); }));
  }
  function tick(sinceMs: number): void {
    due.messages += plan.messagesPerSecond * sinceMs / 1000;
    for (; due.messages >= 1; due.messages -= 1) {
      const customer = customers[turn++ % customers.length];
      if (customer !== undefined) say(customer);
    }
    due.answers += agentsPaused ? 0 : plan.answersPerSecond * sinceMs / 1000;
    for (; due.answers >= 1; due.answers -= 1) {
      for (let tries = 0; tries < customers.length; tries += 1) {
        const customer = customers[answerTurn++ % customers.length];
        if (customer === undefined || receipts(customer) === 0) continue;
        reply(customer);
        break;
      }
    }
  }
  async function agentsDone(): Promise<void> {
    await Promise.all(lanes.values());
    if (troubles.length > 0) throw new Error(`agents met trouble: ${troubles.slice(0, 3).map(String).join('; ')}`);
  }

  return {
    customers, say, receipts,
    start() {
      agentsPaused = false;
      let lastMs = performance.now();
      timer ??= setInterval(() => {
        const nowMs = performance.now();
        tick(nowMs - lastMs);
        lastMs = nowMs;
      }, TICK_MS);
    },
    async pauseAgents() {
      agentsPaused = true;
      await agentsDone();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await agentsDone();
    },
    received: ({ user }) => fromBot(world, user).flatMap((message) => answersIn(message.text ?? message.caption ?? '')),
  };
}
