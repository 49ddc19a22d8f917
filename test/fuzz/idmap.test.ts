/** Files of the id map after a bad disk, a text editor or another program: read, or refused with a clear error that names the file. */
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import { BridgeError } from '../../src/core/errors.js';
import { mintId, type ConversationId, type TicketId } from '../../src/core/types.js';
import { parseFile } from '../../src/disk/files.js';
import { FORMAT, parseBuried, parseConversation, parseFolder, parseLinkPage, parseSweep, parseTicket, toLink, toRow } from '../../src/idmap/format.js';
import { pendingAlbum } from '../conformance/idmap-samples.js';
import { fuzz } from './fuzz.js';
import { staysLinear } from './growth.js';
import { anyJson, changes, mutated } from './values.js';

const conversation = mintId<ConversationId>('tg:42:7');
const ticket = mintId<TicketId>('7');
const links = [['7', '1', 'tg:42:7:5', 0], ['7', null, 'tg:42:7:6', 0], ['7', '2', null, 1, 'blocked']];
const state = {
  conversation, tickets: [{ ticket, number: '7', phase: 'open', phaseSinceMs: 1, toldPhase: 'new', cursor: '3', topic: 'billing', openedAtMs: 1 }], current: ticket, requester: '5', locale: 'kk',
  opening: { topic: 'billing', atMs: 5, answered: true }, unreachable: true, intents: [{ message: 'tg:42:7:5', settlesAtMs: 5 }], due: [{ kind: 'receipt', ticket, atMs: 5 }],
  album: pendingAlbum(conversation), reactions: [{ message: 'tg:42:7:5', toldAtMs: 5, changedAtMs: 4, waiting: '1:00ff' }],
};
const inTheOpen = {
  message: 'tg:42:7:5', sentAtMs: 1, person: { id: 'tg:5', name: 'A', phone: '+7' }, about: { key: 'kind.photo' },
  content: { text: { text: 'x', spans: [] }, attachments: [{ kind: 'photo', name: 'a.jpg', mediaType: 'image/jpeg', ref: 'r' }] },
};

const files: readonly { readonly name: string; readonly real: object; readonly parse: (json: unknown) => unknown }[] = [
  { name: 'a conversation', real: { format: FORMAT, state, pages: 1, links }, parse: (json) => parseConversation(json, conversation) },
  { name: 'a conversation of an earlier version', real: { format: FORMAT, state: { ...state, album: { album: 'g', items: [inTheOpen] } }, pages: 1, links }, parse: (json) => parseConversation(json, conversation) },
  { name: 'a page of links', real: { format: FORMAT, conversation, page: 0, links }, parse: (json) => parseLinkPage(json, conversation, 0) },
  { name: 'a ticket', real: { format: FORMAT, ticket, conversations: [conversation] }, parse: (json) => parseTicket(json, ticket) },
  { name: 'the sweep', real: { format: FORMAT, cursor: 'c' }, parse: parseSweep },
  { name: 'the folder', real: { format: FORMAT, bornAtMs: 1 }, parse: parseFolder },
  { name: 'a buried entry', real: { format: FORMAT, entry: { id: 'b1', direction: 'to_helpdesk', conversation, message: 'tg:42:7:5', code: 'invalid', operation: 'x', buriedAtMs: 1 } }, parse: parseBuried },
];

const torn = (text: string): fc.Arbitrary<string> => fc.oneof(
  fc.nat(text.length - 1).map((length) => text.slice(0, length)),
  fc.tuple(fc.nat(text.length - 1), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 })).map(([place, wild]) => text.slice(0, place) + wild + text.slice(place + wild.length)),
  fc.constantFrom('', '\0'.repeat(200), `${text}${text}`, `\ufeff${text}`, '['.repeat(20_000), 'null'),
);

describe.each(files)('$name on disk', ({ real, parse }) => {
  const text = JSON.stringify(real);
  const values = fc.oneof(torn(text), changes.map((list) => JSON.stringify(mutated(real, list)) ?? ''), anyJson.map((json) => JSON.stringify(json)));

  fuzz('is read, or refused by name', values, 200, (garbled) => {
    expect(parseFile('data/x.json', text, parse)).toBeDefined();
    try {
      const read = parseFile('data/x.json', garbled, parse);
      // What was read is written again as it was read.
      expect(parseFile('data/x.json', JSON.stringify(read), (json) => ('entry' in real ? json : parse(json)))).toEqual(read);
      if (typeof read === 'object' && read !== null && 'links' in read) for (const row of read.links as Parameters<typeof toLink>[0][]) expect(toRow(toLink(row))).toEqual(row);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError)) throw thrown;
      expect(thrown.code).toBe('unavailable');
      expect(thrown.message).toMatch(/^data\/x\.json is (torn or not JSON|not what belongs there); nothing was written over it/);
      expect(thrown.message.length).toBeLessThan(300);
    }
  });

  staysLinear('takes time in proportion to its length', fc.constantFrom('["7","1","m",0],', '["7"],', '{"a":1},', '"x",', '[', '{"ticket":"7"},'), 2, 4_000,
    (piece, length) => text.replace('[', `[${piece.repeat(Math.ceil(length / piece.length))}`), (garbled) => {
      try {
        parseFile('x', garbled, parse);
      } catch (thrown) {
        if (!(thrown instanceof BridgeError)) throw thrown;
      }
    });
});
