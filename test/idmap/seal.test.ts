import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mintId } from '../../src/core/types.js';
import type { Sealed } from '../../src/core/seal.js';
import { createSeal } from '../../src/idmap/seal.js';
import { spellings } from '../security/canary-setup.js';
import { conversationId, WORDS_OF_ALBUM } from '../conformance/idmap-samples.js';

const owner = conversationId('100');
const seal = createSeal('1:the-token');

describe('sealed words', () => {
  it('are opened by whoever has the secret, byte for byte, and are another string each time', () => {
    const [once, twice] = [seal.message.seal(WORDS_OF_ALBUM, owner), seal.message.seal(WORDS_OF_ALBUM, owner)];
    expect(once).not.toBe(twice);
    for (const sealed of [once, twice]) expect(createSeal('1:the-token').message.open(sealed, owner)).toEqual(WORDS_OF_ALBUM);
    fc.assert(fc.property(fc.array(fc.string({ unit: 'binary' })), (emoji) => expect(seal.emoji.open(seal.emoji.seal(emoji, owner), owner)).toEqual(emoji)));
  });

  it('hold no word in any spelling', () => {
    const sealed = seal.message.seal(WORDS_OF_ALBUM, owner);
    expect(sealed).toMatch(/^1:[0-9a-f]+$/);
    const words = ['A person', 'a caption', '77010000000', 'a.mp3', 'forward.person'];
    expect(words.flatMap(spellings).filter((form) => sealed.includes(form))).toEqual([]);
  });

  it.each([
    ['with another secret', createSeal('1:another'), owner, 'message'], ['for another conversation', seal, conversationId('200'), 'message'], ['as something else', seal, owner, 'emoji'],
  ] as const)('are not opened %s', (_name, other, asOwner, kind) => {
    expect(other[kind].open(seal.message.seal(WORDS_OF_ALBUM, owner), asOwner)).toBeUndefined();
  });

  it('are refused when any of it is changed, cut or foreign, and nothing throws', () => {
    const sealed = seal.emoji.seal(['👍'], owner);
    for (let place = 0; place < sealed.length; place += 1) {
      const other = sealed[place] === '0' ? '1' : '0';
      expect(seal.emoji.open(mintId<Sealed>(`${sealed.slice(0, place)}${other}${sealed.slice(place + 1)}`), owner)).toBeUndefined();
      expect(seal.emoji.open(mintId<Sealed>(sealed.slice(0, place)), owner)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(seal.emoji.open(mintId<Sealed>(`1:${text}`), owner)).toBeUndefined()));
  });
});

describe('a mark', () => {
  it('is the same for the same words only, and differs with the secret and the conversation', () => {
    const mark = seal.mark(['👍', '🔥'], owner);
    expect(createSeal('1:the-token').mark(['👍', '🔥'], owner)).toBe(mark);
    const others = [seal.mark(['👍🔥'], owner), seal.mark(['🔥', '👍'], owner), seal.mark([], owner), seal.mark(['👍', '🔥'], conversationId('200')), createSeal('1:another').mark(['👍', '🔥'], owner)];
    expect(new Set([mark, ...others]).size).toBe(6);
  });
});
