import { describe, expect, it } from '@jest/globals';
import { countOne } from './count.js';

const none = { lost: 0, doubled: 0, reordered: 0 };

describe('what came of what was sent', () => {
  const cases = [
    { name: 'all of it, in order', sent: ['a', 'b', 'c'], found: ['a', 'b', 'c'], out: none },
    { name: 'nothing at all', sent: [], found: [], out: none },
    { name: 'one missing', sent: ['a', 'b', 'c'], found: ['a', 'c'], out: { ...none, lost: 1 } },
    { name: 'one twice at once', sent: ['a', 'b'], found: ['a', 'a', 'b'], out: { ...none, doubled: 1 } },
    { name: 'one three times', sent: ['a', 'b'], found: ['a', 'a', 'a', 'b'], out: { ...none, doubled: 2 } },
    { name: 'one again, too late', sent: ['a', 'b', 'c'], found: ['a', 'b', 'a', 'c'], out: { ...none, doubled: 1, reordered: 1 } },
    { name: 'two swapped', sent: ['a', 'b', 'c'], found: ['b', 'a', 'c'], out: { ...none, reordered: 1 } },
    { name: 'one that nobody sent here', sent: ['a'], found: ['a', 'x'], out: { ...none, doubled: 1 } },
    { name: 'all wrong', sent: ['a', 'b'], found: ['x'], out: { lost: 2, doubled: 1, reordered: 0 } },
  ];
  it.each(cases)('$name', ({ sent, found, out }) => {
    expect(countOne(sent, found)).toEqual(out);
  });
});
