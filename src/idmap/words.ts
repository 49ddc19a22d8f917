/** What is sealed: words of people, checked when they are opened, since another version of this program may have sealed them. */
import { z } from 'zod';
import type { Line, Quoted } from '../core/around.js';
import type { RichText, Span } from '../core/rich-text.js';
import type { MessageWords } from '../core/seal.js';

/** Names every field of `T`, so that a new field cannot be forgotten here and lost on disk. */
export type Fields<T> = Readonly<Record<keyof T, z.ZodType>>;

/** Written by this program: that it is one is enough, its fields are the rich text's own matter. */
const span = z.custom<Span>((value) => typeof value === 'object' && value !== null && 'type' in value && 'offset' in value && 'length' in value);

const line = z.object({
  key: z.string(), parameters: z.record(z.string(), z.union([z.string(), z.number()])).exactOptional(), items: z.array(z.string()).exactOptional(),
  link: z.string().exactOptional(),
} satisfies Fields<Line>);

export const richText = z.object({ text: z.string(), spans: z.array(span) } satisfies Fields<RichText>);

export const personWords = {
  name: z.string(), username: z.string().exactOptional(), link: z.string().exactOptional(), phone: z.string().exactOptional(),
} satisfies Fields<MessageWords['person']>;

export const aroundWords = {
  about: line.exactOptional(), origin: z.array(line).exactOptional(),
  quoted: z.object({ head: line, text: richText, line: line.exactOptional() } satisfies Fields<Quoted>).exactOptional(),
} satisfies Fields<Omit<MessageWords, 'person' | 'text' | 'files'>>;

export const messageWords = z.object({
  ...aroundWords, person: z.object(personWords), text: richText, files: z.array(z.object({ name: z.string(), mediaType: z.string() })),
} satisfies Fields<MessageWords>);

export const emoji = z.array(z.string());
