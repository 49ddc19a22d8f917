/** From the files of `mappings/` to one Mapping, or to everything that is wrong with them. Pure. */
import type { ZodType, z } from 'zod';
import type { Mapping } from '../core/mapping.js';
import type { Locale } from '../core/types.js';
import { createMapping } from './mapping.js';
import {
  queuesSchema, settingsSchema, statusesSchema, textKeys, textsSchema, topicsSchema, type QueuesFile, type SettingsFile, type StatusesFile,
  type TextsFile, type TopicsFile,
} from './schema.js';
import { didYouMean } from './suggest.js';
import { textMistakes } from './texts.js';
import { checkYaml, commentAt, parseYaml, type Problem, type SourceFile, type YamlFile } from './yaml-file.js';

export type { Problem, SourceFile } from './yaml-file.js';

export interface Compiled {
  /** Absent when any problem is an error. */
  readonly mapping?: Mapping;
  readonly problems: readonly Problem[];
}

/** The files, checked one by one, and what they hold together. */
export interface MappingFiles {
  readonly queues: QueuesFile;
  readonly topics: TopicsFile;
  readonly statuses: StatusesFile;
  readonly settings: SettingsFile;
  readonly texts: ReadonlyMap<Locale, TextsFile>;
}

interface Read<T> {
  readonly source: YamlFile;
  readonly value?: T;
}

/** `files`: queues.yaml, topics.yaml, statuses.yaml and settings.yaml (these two may be missing), texts/<locale>.yaml; others are ignored with a warning. */
export function compileMapping(files: readonly SourceFile[]): Compiled {
  const problems: Problem[] = [];
  const queues = readFile(files, 'queues.yaml', queuesSchema, problems);
  const topics = readFile(files, 'topics.yaml', topicsSchema, problems);
  const statuses = readFile(files, 'statuses.yaml', statusesSchema, problems, 'statuses: {}');
  const settings = readFile(files, 'settings.yaml', settingsSchema, problems, '{}');
  const texts = readTexts(files, problems);
  warnOfUnknown(files, problems);
  const locales = [...texts.keys()];
  if (settings.value !== undefined) checkSettings({ source: settings.source, value: settings.value }, locales, problems);
  const defaultLocale = settings.value?.defaultLocale;
  if (topics.value !== undefined) checkTopics({ source: topics.source, value: topics.value }, queues.value, locales, defaultLocale, problems);
  if (queues.value !== undefined) checkQueues({ source: queues.source, value: queues.value }, problems);
  for (const [locale, text] of texts) checkTexts(text, locale === defaultLocale, problems);
  const whole = problems.every((problem) => problem.level !== 'error') && queues.value && topics.value && statuses.value && settings.value;
  if (!whole) return { problems: sorted(problems) };
  const values = new Map([...texts].map(([locale, text]) => [locale, text.value ?? {}]));
  const mapping = createMapping({ queues: queues.value, topics: topics.value, statuses: statuses.value, settings: settings.value, texts: values });
  return { mapping, problems: sorted(problems) };
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}

function readFile<Schema extends ZodType>(
  files: readonly SourceFile[], name: string, schema: Schema, problems: Problem[], whenMissing?: string,
): Read<z.output<Schema>> {
  const found = files.find((file) => nameOf(file.path) === name && folderOf(file.path) !== 'texts');
  if (found !== undefined || whenMissing !== undefined) return readSource(found ?? { path: name, text: whenMissing ?? '' }, schema, problems);
  problems.push({ file: name, line: 1, column: 1, path: '', message: 'is missing from the mappings folder; copy the one that comes with the product', level: 'error' });
  return { source: parseYaml({ path: name, text: '' }) };
}

function readSource<Schema extends ZodType>(file: SourceFile, schema: Schema, problems: Problem[]): Read<z.output<Schema>> {
  const source = parseYaml(file);
  const { value, problems: own } = checkYaml(source, schema);
  problems.push(...own);
  return value === undefined ? { source } : { source, value };
}

function readTexts(files: readonly SourceFile[], problems: Problem[]): ReadonlyMap<Locale, Read<TextsFile>> {
  const texts = new Map<Locale, Read<TextsFile>>();
  for (const file of files) {
    const locale = /^([a-z]{2,3})\.yaml$/.exec(nameOf(file.path))?.[1];
    if (locale !== undefined && folderOf(file.path) === 'texts') texts.set(locale, readSource(file, textsSchema, problems));
  }
  return texts;
}

function warnOfUnknown(files: readonly SourceFile[], problems: Problem[]): void {
  const known = ['queues.yaml', 'topics.yaml', 'statuses.yaml', 'settings.yaml'];
  for (const { path } of files) {
    const isText = folderOf(path) === 'texts';
    if (isText ? /^[a-z]{2,3}\.yaml$/.test(nameOf(path)) : known.includes(nameOf(path))) continue;
    const message = isText ? 'is not read: text files are named after their language, such as en.yaml' : `is not read${didYouMean(nameOf(path), known)}`;
    problems.push({ file: path, line: 1, column: 1, path: '', message, level: 'warning' });
  }
}

function checkSettings({ source, value }: { source: YamlFile; value: SettingsFile }, locales: readonly Locale[], problems: Problem[]): void {
  for (const key of ['defaultLocale', 'agentLocale'] as const) {
    const locale = value[key];
    if (locale === undefined || locales.includes(locale)) continue;
    problems.push(source.problemAt([key], `there is no texts/${locale}.yaml; languages with texts: ${locales.join(', ') || 'none'}`));
  }
}

function checkQueues({ source, value }: { source: YamlFile; value: QueuesFile }, problems: Problem[]): void {
  const names = Object.keys(value.queues);
  if (!names.includes(value.default)) problems.push(source.problemAt(['default'], `no queue "${value.default}" in this file${didYouMean(value.default, names)}`));
}

function checkTopics(
  { source, value }: { source: YamlFile; value: TopicsFile }, queues: QueuesFile | undefined, locales: readonly Locale[],
  defaultLocale: Locale | undefined, problems: Problem[],
): void {
  const ids = Object.keys(value.topics);
  if (!ids.includes(value.default)) problems.push(source.problemAt(['default'], `no topic "${value.default}" in this file${didYouMean(value.default, ids)}`));
  const names = Object.keys(queues?.queues ?? {});
  for (const [id, topic] of Object.entries(value.topics)) {
    if (queues !== undefined && topic.queue !== undefined && !names.includes(topic.queue)) {
      problems.push(source.problemAt(['topics', id, 'queue'], `no queue "${topic.queue}" in queues.yaml${didYouMean(topic.queue, names)}`));
    }
    for (const locale of locales.filter((each) => topic.title[each] === undefined)) {
      problems.push(source.problemAt(['topics', id, 'title'], `has no title in ${locale}`, locale === defaultLocale ? 'error' : 'warning'));
    }
  }
}

function checkTexts({ source, value }: Read<TextsFile>, isDefault: boolean, problems: Problem[]): void {
  if (value === undefined) return;
  for (const [key, message] of textMistakes(value)) problems.push(source.problemAt([key], message, 'warning'));
  for (const key of textKeys) {
    // `text: Request #{{number}}` ends at the number sign, which nobody means.
    if (commentAt(source, key)?.includes('{{') !== true) continue;
    problems.push(source.problemAt([key], 'ends before " #", where YAML begins a comment; put the text in quotes', 'warning'));
  }
  for (const key of textKeys.filter((each) => value[each] === undefined)) {
    const message = isDefault ? 'is missing, and this is the language that others fall back to' : 'is missing; the default language is used';
    problems.push(source.problemAt([key], message, isDefault ? 'error' : 'warning'));
  }
}

function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

function folderOf(path: string): string {
  return path.split(/[\\/]/).at(-2) ?? '';
}
