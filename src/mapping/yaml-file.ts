/** Reading one YAML file: every problem at once, each with its line, column and path. Also used for the config file. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Pair, type Scalar } from 'yaml';
import type { z, ZodType } from 'zod';
import { didYouMean } from './suggest.js';

export interface SourceFile {
  /** As people should see it: `mappings/queues.yaml`. */
  readonly path: string;
  readonly text: string;
}

export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the file: `topics.billing.queue`; empty for the whole file. */
  readonly path: string;
  /** What is wrong, and what to do. */
  readonly message: string;
  /** A `warning` lets the product run. */
  readonly level: 'error' | 'warning';
}

export type Path = readonly PropertyKey[];

/** One parsed file, to report more problems at places in it. */
export interface YamlFile {
  readonly document: Document.Parsed;
  readonly problems: readonly Problem[];
  problemAt(path: Path, message: string, level?: Problem['level']): Problem;
}

/** A YAML file of ours is a few kilobytes; more is a mistake or an attack. */
const FILE_LENGTH_MAX = 200_000;
const ALIASES_MAX = 50;
/** Nobody reads more at once. */
const PROBLEMS_MAX = 100;
/** Ours are five deep. What reads a file calls itself for each level. */
const DEPTH_MAX = 40;
const EXCESS = 'uses too many aliases, an alias (*name) of itself or of nothing, or more levels than any file of ours';

export function parseYaml(file: SourceFile): YamlFile {
  const lines = new LineCounter();
  const tooLong = file.text.length > FILE_LENGTH_MAX;
  const { document, excess } = readDocument(tooLong ? '' : file.text, lines);
  const problem = (offset: number, path: Path, message: string, level: Problem['level'] = 'error'): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file: file.path, line: Math.max(1, line), column: Math.max(1, col), path: path.map(String).join('.'), message, level };
  };
  const syntax = document.errors.map((error) => problem(error.pos[0], [], `not valid YAML: ${withoutSource(error.message)}`)).slice(0, PROBLEMS_MAX);
  return {
    document,
    problems: tooLong ? [problem(0, [], `is longer than ${FILE_LENGTH_MAX} characters`)] : excess ? [problem(0, [], EXCESS)] : syntax,
    problemAt: (path, message, level) => problem(offsetOf(document, path), path, message, level),
  };
}

/** A document that everything may walk through: with `excess` it is an empty one. */
function readDocument(text: string, lines: LineCounter): { readonly document: Document.Parsed; readonly excess: boolean } {
  const parse = (source: string): Document.Parsed => parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  try {
    const document = parse(text);
    // Looking up an alias goes through all of the document.
    if (aliasesOf(document) > ALIASES_MAX) return { document: parse(''), excess: true };
    // Values that aliases share are counted once for each place where they stand.
    if (document.errors.length > 0 || !isTooDeep(document.toJS({ maxAliasCount: ALIASES_MAX }), 0)) return { document, excess: false };
  } catch {
    // Too many aliases, or the stack ended: said below.
  }
  return { document: parse(''), excess: true };
}

/** Some messages quote what stands there, which may be a token. */
function withoutSource(message: string): string {
  return message.replace(/: "[\s\S]*$/, '').slice(0, 200);
}

function aliasesOf(document: Document.Parsed): number {
  let aliases = 0;
  visit(document, { Alias() { aliases += 1; return aliases > ALIASES_MAX ? visit.BREAK : undefined; } });
  return aliases;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > DEPTH_MAX || Object.values(value).some((inner) => isTooDeep(inner, depth + 1));
}

/** What the schema makes of the file (after `prepare`), or what is wrong with it. */
export function checkYaml<Schema extends ZodType>(
  file: YamlFile, schema: Schema, prepare: (raw: unknown) => unknown = (raw) => raw,
): { value?: z.output<Schema>; problems: readonly Problem[] } {
  if (file.problems.length > 0) return { problems: file.problems };
  const raw: unknown = file.document.toJS({ maxAliasCount: ALIASES_MAX });
  const result = schema.safeParse(prepare(raw) ?? {});
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.slice(0, PROBLEMS_MAX).flatMap((issue) => issueProblems(file, schema, issue, [])) };
}

/** The comment behind the value of a top-level key, on the same line. */
export function commentAt(file: YamlFile, key: string): string | undefined {
  const value: unknown = file.document.get(key, true);
  return isScalar(value) ? value.comment ?? undefined : undefined;
}

type Issue = z.core.$ZodIssue;

/** One line for each thing that is wrong, in words for people who edit YAML. */
export function issueProblems(file: YamlFile, schema: ZodType, issue: Issue, below: Path): readonly Problem[] {
  const path = [...below, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.slice(0, PROBLEMS_MAX).map((key) => file.problemAt([...path, key], `unknown key "${key.slice(0, 60)}"${didYouMean(key, known)}`));
  }
  if (issue.code === 'invalid_union') {
    // The branch that got furthest into the value is the one that was meant.
    const best = [...issue.errors].sort((a, b) => depthOf(b) - depthOf(a))[0] ?? [];
    return best.flatMap((inner) => issueProblems(file, schema, inner, path));
  }
  if (issue.code === 'invalid_key') return issue.issues.flatMap((inner) => issueProblems(file, schema, inner, path));
  return [file.problemAt(path, messageOf(issue, file.document.getIn(path)))];
}

function depthOf(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function messageOf(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String);
    const suggestion = didYouMean(String(value ?? ''), known);
    return `must be one of ${known.join(', ')}${suggestion.includes('known:') ? '' : suggestion}`;
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return `is missing (${issue.expected} expected)`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  if (issue.code === 'too_small') return issue.origin === 'string' && Number(issue.minimum) === 1 ? 'must not be empty' : `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  const message = issue.message.replace(/^(?:Invalid input|Invalid string): /, '');
  return message.startsWith('expected') ? `is not right: ${message}` : message;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

interface Shaped {
  readonly shape?: Readonly<Record<string, ZodType>>;
  readonly valueType?: ZodType;
  readonly element?: ZodType;
  readonly in?: ZodType;
  readonly unwrap?: () => ZodType;
}

/** The keys that the schema has at `path`, for suggestions. */
function knownKeys(schema: ZodType, path: Path): readonly string[] {
  let current: (ZodType & Shaped) | undefined = schema;
  for (const step of [...path, undefined]) {
    while (current?.type !== 'array' && (current?.in !== undefined || typeof current?.unwrap === 'function')) current = current.in ?? current.unwrap?.();
    if (step === undefined || current === undefined) break;
    current = current.shape?.[String(step)] ?? current.element ?? current.valueType;
  }
  return Object.keys(current?.shape ?? {});
}

/** Where in the text the deepest existing step of `path` stands: its key, else its value. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) ? (node as Scalar).range?.[0] : undefined;
}
