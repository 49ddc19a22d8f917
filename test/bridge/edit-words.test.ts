import { describe, expect, it } from '@jest/globals';
import { editId, readEdit } from '../../src/bridge/edit-ids.js';
import { whatWas } from '../../src/bridge/to-helpdesk/difference.js';
import { mintId, type MessageId } from '../../src/core/types.js';

describe('the id of a change', () => {
  it('is read back, and nothing else is', () => {
    const key = { message: mintId<MessageId>('tg:1:-7:5'), revision: 12 };
    expect(readEdit(editId(key))).toEqual(key);
    expect(readEdit(undefined)).toBeUndefined();
    for (const other of ['tg:1:7:5', 'edit:', 'edit::5', 'edit:tg:1:7:x', 'verdict:tg:1:7:3:left']) expect(readEdit(mintId<MessageId>(other))).toBeUndefined();
  });
});

describe('what was', () => {
  it.each([
    { name: 'one word', before: 'my order is 1234, thanks', now: 'my order is 1235, thanks', text: 'my order is 1234, thanks', struck: '1234,' },
    { name: 'everything', before: 'yes', now: 'no', text: 'yes', struck: 'yes' },
    { name: 'nothing went', before: 'see you', now: 'see you soon', text: 'see you', struck: undefined },
    { name: 'a repeated word', before: 'no no no', now: 'no no', text: 'no no no', struck: ' no' },
    { name: 'half an emoji', before: 'ok \u{1F600}', now: 'ok \u{1F601}', text: 'ok \u{1F600}', struck: '\u{1F600}' },
  ])('shows $name', ({ before, now, text, struck }) => {
    const was = whatWas(before, now);
    expect(was.text).toBe(text);
    expect(was.spans.map(({ offset, length }) => was.text.slice(offset, offset + length))).toEqual(struck === undefined ? [] : [struck]);
  });

  it('is bounded, and shows the place of the change', () => {
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`);
    const was = whatWas(words.join(' '), words.map((word) => (word === 'word1000' ? 'other' : word)).join(' '));
    expect(was.text.length).toBeLessThan(200);
    expect(was.text).toMatch(/^….* word1000 .*…$/u);
    expect(whatWas('x'.repeat(100_000), '').text.length).toBeLessThan(500);
  });
});
