/** What `check` and `explain` print: offline, for a terminal. */
import type { Mapping } from '../core/mapping.js';
import { plainText } from '../core/rich-text.js';
import { mintId, type Locale, type Person, type PersonId } from '../core/types.js';
import { compileMapping } from '../mapping/compile.js';
import type { Problem } from '../mapping/yaml-file.js';
import { ConfigProblems, formatProblem, loadConfig, mappingsFolder, type Config, type Environment } from '../config.js';
import { readMappings } from './mappings-folder.js';

export interface Report {
  /** No errors; there may be warnings. */
  readonly ok: boolean;
  /** One line for each problem, and a last one that sums up. */
  readonly lines: readonly string[];
  readonly problems: readonly Problem[];
}

/** Checks the config file and the mappings together, so that one run lists everything. Contacts nobody. */
export function check(configFile: string | undefined, env: Environment): Report {
  const loaded = attempt(() => loadConfig(configFile === undefined ? { env } : { file: configFile, env }).config);
  // With a broken config file the mappings are still worth a look, where the environment says they are.
  const folder = loaded.value?.mappingsDir ?? mappingsFolder(env['MAPPINGS_DIR'] || undefined);
  const files = attempt(() => readMappings(folder));
  const mappings = files.value === undefined ? files.problems : compileMapping(files.value).problems;
  const problems = [...loaded.problems, ...mappings];
  const errors = problems.filter((problem) => problem.level === 'error').length;
  return { ok: errors === 0, problems, lines: [...problems.map(formatProblem), summary(loaded.value, errors, problems.length - errors)] };
}

function attempt<T>(work: () => T): { readonly value?: T; readonly problems: readonly Problem[] } {
  try {
    return { value: work(), problems: [] };
  } catch (thrown) {
    if (thrown instanceof ConfigProblems) return { problems: thrown.problems };
    throw thrown;
  }
}

function summary(config: Config | undefined, errors: number, warnings: number): string {
  const noted = warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`;
  if (errors > 0) return `${counted(errors, 'error')}${noted}`;
  return `all is well${noted}: ${config?.telegram.mode ?? 'polling'}, helpdesk ${config?.helpdesk.name ?? 'desk'}`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

export interface Question {
  readonly topic?: string;
  /** Default: the mapping's default language. */
  readonly locale?: Locale;
  /** An opening message. */
  readonly text?: string;
}

/** Everything that Telegram may tell of a person. */
const SOMEBODY = {
  id: mintId<PersonId>('tg:1'), name: 'Somebody', username: 'somebody', languageTag: 'en', link: 'https://t.me/somebody', phone: '+10000000000',
} satisfies Person;
const PROFILE = [['name', 'name'], ['username', 'username'], ['languageTag', 'language'], ['link', 'link'], ['phone', 'phone']] as const;

/** What the mappings make of a message: where its ticket goes, what it is called, what its sender reads. One fact for each line. */
export function explain(mapping: Mapping, { topic, locale, text = '' }: Question): readonly string[] {
  const language = mapping.localeOf(locale);
  const route = mapping.route(topic);
  const title = mapping.topics(language).find((choice) => choice.id === route.topic)?.title;
  const profile = mapping.profile(SOMEBODY);
  const subject = mapping.subject({ text: plainText(text), attachments: [] }, profile, language);
  const known: readonly string[] = PROFILE.filter(([field]) => profile[field] === SOMEBODY[field]).map(([, word]): string => word).concat(mapping.tellsPhotos ? ['photo'] : []);
  const isKnown = topic === undefined || topic === route.topic;
  return [
    `topic      ${route.topic}${title === undefined ? '' : ` (${title})`}${isKnown ? '' : `, because there is no topic "${topic}"`}`,
    `queue      ${route.queue ?? 'the default of the helpdesk'}`,
    `priority   ${route.priority}`,
    `tags       ${route.tags.length === 0 ? 'none' : route.tags.join(', ')}`,
    `answer     ${route.answerWithinMinutes === undefined ? 'nothing promised' : `within ${route.answerWithinMinutes} minutes`}`,
    `language   ${language}`,
    `subject    ${subject}`,
    `requester  ${known.length === 0 ? 'the Telegram id alone' : `the Telegram id, ${known.join(', ')}`}, shown as "${profile.name}"`,
  ];
}
