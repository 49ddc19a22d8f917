/** The subject of a ticket, from its opening message. Pure. */
import type { TextParameters } from '../core/mapping.js';
import type { AttachmentKind, Content, Person } from '../core/types.js';

/** Ticket lists show about this much. */
const SUBJECT_LENGTH_MAX = 80;

const KEY_BY_KIND: Readonly<Record<AttachmentKind, string>> = {
  photo: 'subject.photo', video: 'subject.video', video_note: 'subject.video', animation: 'subject.video', voice: 'subject.voice',
  sticker: 'subject.sticker', document: 'subject.file', audio: 'subject.file',
};

/** The first line with letters or digits in it, cut at a word; else what kind of thing was sent. One line, never empty. */
export function subjectOf(content: Content, person: Person, fill: (key: string, parameters: TextParameters) => string): string {
  const lines = content.text.text.split('\n').map(oneLine);
  const line = lines.find((each) => /[\p{L}\p{N}]/u.test(each)) ?? lines.find((each) => each !== '');
  if (line !== undefined) return cut(line);
  const file = content.attachments[0];
  const key = file === undefined ? 'subject.empty' : KEY_BY_KIND[file.kind];
  return cut(oneLine(fill(key, { person: person.name, name: file?.name ?? '' })));
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function cut(line: string): string {
  if (line.length <= SUBJECT_LENGTH_MAX) return line;
  const head = line.slice(0, SUBJECT_LENGTH_MAX - 1);
  const space = head.lastIndexOf(' ');
  // A word longer than half the line is cut itself, but not within a character.
  const whole = space > SUBJECT_LENGTH_MAX / 2 ? head.slice(0, space) : head.replace(/\p{Surrogate}$/u, '');
  return `${whole.replace(/[\s,;:.–—-]+$/u, '')}…`;
}
