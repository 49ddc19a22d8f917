/** The simulation judged: with any one safeguard switched off, some story ends badly. */
import { describe, expect, it } from '@jest/globals';
import { SABOTAGES } from './sabotage.js';
import { playSeed } from './story.js';

const STORIES_MAX = 500;

describe('the simulation catches the loss of', () => {
  it.each(Object.entries(SABOTAGES))('%s', async (_name, sabotage) => {
    let caught = 0;
    for (let seed = 1; seed <= STORIES_MAX && caught === 0; seed += 1) {
      const { violations } = await playSeed(seed, { sabotage });
      if (violations.length > 0) caught = seed;
    }
    expect(caught).toBeGreaterThan(0);
  }, 120_000);
});
