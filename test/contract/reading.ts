/** What belongs here: reading one request for the Bot API as its bytes come, and what is wrong with it. */
import type { IncomingMessage } from 'node:http';
import busboy from 'busboy';
import { z } from 'zod';
import { faultsOfText } from '../fuzz/bot-api-rules.js';
import { faultsOfRequest, findDescription, type SentRequest } from './description.js';

export interface Reader {
  write(chunk: Buffer): void;
  end(): void;
}

type Body = Omit<SentRequest, 'method'>;

/** A body of JSON that is longer is none of ours. */
const JSON_BYTES_MAX = 4 * 1024 * 1024;

const description = findDescription();

/** Calls `done` once, when the request has ended. */
export function createReader(request: IncomingMessage, method: string, done: (faults: readonly string[]) => void): Reader {
  const told = (body: Body): void => { done(description === undefined ? [] : faultsOf(description, { method, ...body })); };
  return (request.headers['content-type'] ?? '').startsWith('multipart/') ? readForm(request, told, () => { done([]); }) : readJson(request, told);
}

function readJson(request: IncomingMessage, done: (body: Body) => void): Reader {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    write(chunk) {
      bytes += chunk.length;
      if (bytes <= JSON_BYTES_MAX) chunks.push(chunk);
    },
    end() {
      const query = Object.fromEntries(new URL(request.url ?? '', 'http://x').searchParams);
      const text = Buffer.concat(chunks).toString('utf8');
      const isForm = Object.keys(query).length > 0;
      const json = z.record(z.string(), z.unknown()).catch({ '(body)': 'not an object of JSON' }).parse(text === '' ? {} : parsed(text));
      done({ parameters: { ...query, ...json }, files: [], isForm });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readForm(request: IncomingMessage, done: (body: Body) => void, torn: () => void): Reader {
  const parameters: Record<string, unknown> = {};
  const files: string[] = [];
  const form = busboy({ headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' }, limits: { fieldSize: JSON_BYTES_MAX } });
  form.on('field', (name, value) => { parameters[name] = value; });
  form.on('file', (name, stream) => { files.push(name); stream.resume(); });
  form.on('close', () => { done({ parameters, files, isForm: true }); });
  // A torn form is refused by any server, and what is in it says nothing.
  form.on('error', torn);
  return { write: (chunk) => { form.write(chunk); }, end: () => { form.end(); } };
}

const TEXTS = [['text', 'entities', 4096], ['caption', 'caption_entities', 1024]] as const;

function faultsOf(known: NonNullable<typeof description>, request: SentRequest): readonly string[] {
  const broken = faultsOfRequest(known, request);
  if (!/^(send|edit)[A-Z]/.test(request.method) || broken.length > 0) return broken;
  return TEXTS.flatMap(([name, entitiesName, lengthMax]) => {
    const text = request.parameters[name];
    const raw = request.parameters[entitiesName];
    if (typeof text !== 'string') return [];
    const entities = z.array(z.looseObject({ type: z.string(), offset: z.number(), length: z.number() })).parse(typeof raw === 'string' ? parsed(raw) : raw ?? []);
    return faultsOfText({ text, entities }, lengthMax).map((fault) => `${request.method}.${name}: ${fault}`);
  });
}
