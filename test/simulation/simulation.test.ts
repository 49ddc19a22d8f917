/** A bounded selection of random stories; `npm run simulate` plays as many as you like, and any of them alone. */
import { describe, expect, it } from '@jest/globals';
import { playSeed } from './story.js';

const STORIES = 150;

describe.each(['native', 'lookup'] as const)('stories with a helpdesk of idempotency %s', (idempotency) => {
  it(`end well, seeds 1 to ${STORIES}`, async () => {
    const failed: string[] = [];
    for (let seed = 1; seed <= STORIES && failed.length < 5; seed += 1) {
      const { violations } = await playSeed(seed, { forced: { idempotency } });
      if (violations.length > 0) failed.push(`npm run simulate -- --seed ${seed} --idempotency ${idempotency}\n  ${violations.join('\n  ')}`);
    }
    expect(failed.join('\n')).toBe('');
  }, 120_000);
});
