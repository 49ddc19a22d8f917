/** What chats may still send: one short-lived Bottleneck for each chat that sent lately. */
import Bottleneck from 'bottleneck';
import type { Clock } from '../core/ports.js';
import { createClockWatch } from './clock-watch.js';

export interface ChatBudgets {
  /** Resolves when this chat may send one more message. */
  acquire(chat: number): Promise<void>;
  /** Chats that hold memory right now. */
  size(): number;
}

interface Budget {
  readonly limiter: Bottleneck;
  waiting: number;
  /** From then on a new budget would be the same as this one. */
  fullAtMs: number;
}

/** Bottleneck looks at refills this often; its own default of 250 ms is for busy limiters. */
const HEARTBEAT_MS = 250;

/** `burst` messages at once, then one in `intervalMs`. */
export function createChatBudgets({ burst, intervalMs, clock }: { burst: number; intervalMs: number; clock: Clock }): ChatBudgets {
  // In order of last use: what may be dropped is in front.
  const budgets = new Map<number, Budget>();
  const create = (): Budget => ({
    limiter: new Bottleneck({
      maxConcurrent: 1, reservoir: burst, reservoirIncreaseAmount: 1, reservoirIncreaseInterval: intervalMs, reservoirIncreaseMaximum: burst,
      heartbeatInterval: HEARTBEAT_MS,
    }),
    waiting: 0,
    fullAtMs: clock.nowMs(),
  });
  // An idle limiter costs 5 kB and a timer (measured), so none outlives its refill.
  const dropFull = (): void => {
    for (const [chat, budget] of budgets) {
      if (budget.waiting > 0 || budget.fullAtMs > clock.nowMs()) return;
      budgets.delete(chat);
      void budget.limiter.disconnect();
    }
  };
  let waiting = 0;
  const watchClock = createClockWatch(clock, {
    isWaiting: () => waiting > 0,
    // What was used is forgotten: should the next burst be too much, Telegram says so.
    onSetBack() {
      for (const { limiter } of budgets.values()) {
        void limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
        void limiter.disconnect();
      }
      budgets.clear();
    },
  });
  /** False = it is to be asked for anew. */
  const take = async (chat: number): Promise<boolean> => {
    const budget = budgets.get(chat) ?? create();
    budgets.delete(chat);
    budgets.set(chat, budget);
    budget.fullAtMs = Math.max(budget.fullAtMs, clock.nowMs()) + intervalMs;
    budget.waiting += 1;
    try {
      await budget.limiter.schedule(() => Promise.resolve());
      return true;
    } catch (thrown) {
      if (budgets.get(chat) === budget) throw thrown;
      return false;
    } finally {
      budget.waiting -= 1;
    }
  };
  return {
    async acquire(chat) {
      dropFull();
      waiting += 1;
      watchClock();
      try {
        while (!await take(chat));
      } finally {
        waiting -= 1;
      }
    },
    size: () => budgets.size,
  };
}
