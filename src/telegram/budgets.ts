/** What chats may still send: one short-lived Bottleneck for each chat that sent lately. */
import Bottleneck from 'bottleneck';

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
export function createChatBudgets({ burst, intervalMs, nowMs }: { burst: number; intervalMs: number; nowMs: () => number }): ChatBudgets {
  // In order of last use: what may be dropped is in front.
  const budgets = new Map<number, Budget>();
  const create = (): Budget => ({
    limiter: new Bottleneck({
      maxConcurrent: 1, reservoir: burst, reservoirIncreaseAmount: 1, reservoirIncreaseInterval: intervalMs, reservoirIncreaseMaximum: burst,
      heartbeatInterval: HEARTBEAT_MS,
    }),
    waiting: 0,
    fullAtMs: nowMs(),
  });
  // An idle limiter costs 5 kB and a timer (measured), so none outlives its refill.
  const dropFull = (): void => {
    for (const [chat, budget] of budgets) {
      if (budget.waiting > 0 || budget.fullAtMs > nowMs()) return;
      budgets.delete(chat);
      void budget.limiter.disconnect();
    }
  };
  return {
    async acquire(chat) {
      dropFull();
      const budget = budgets.get(chat) ?? create();
      budgets.delete(chat);
      budgets.set(chat, budget);
      budget.fullAtMs = Math.max(budget.fullAtMs, nowMs()) + intervalMs;
      budget.waiting += 1;
      try {
        await budget.limiter.schedule(() => Promise.resolve());
      } finally {
        budget.waiting -= 1;
      }
    },
    size: () => budgets.size,
  };
}
