/** The compiled rules as pure functions. */
import { withHead } from '../core/content.js';
import type { Mapping, TicketRoute } from '../core/mapping.js';
import { joinTexts, type RichText } from '../core/rich-text.js';
import type { Agent, Content, Locale, Person, Phase } from '../core/types.js';
import type { MappingFiles } from './compile.js';
import type { SettingsFile } from './schema.js';
import { profileOf } from './profile.js';
import { subjectOf } from './subject.js';
import { createTexts } from './texts.js';

const DAY_MS = 86_400_000;

export function createMapping(files: MappingFiles): Mapping {
  const { defaultLocale, agentLocale = defaultLocale, showAgent } = files.settings;
  const locales = [...files.texts.keys()].sort();
  const texts = createTexts(files.texts, defaultLocale);
  const routes = routesOf(files);
  const defaultRoute = routes.get(files.topics.default) ?? { topic: files.topics.default, queue: files.queues.default, priority: 'normal', tags: [] };
  const phases = new Map<string, Phase>(Object.entries(files.statuses.statuses ?? {}).map(([status, phase]) => [status.toLowerCase(), phase]));
  const agentName = (agent: Agent | undefined): string | undefined => shownName(agent?.name, showAgent);
  return {
    locales,
    agentLocale,
    tellsReactions: files.settings.tellReactions,
    queues: [...new Set([...routes.values()].map((route) => route.queue).filter((queue) => queue !== undefined))],
    reopenWithinMs: files.settings.reopenWithinDays * DAY_MS,
    localeOf: (languageTag) => localeOf(languageTag, locales) ?? defaultLocale,
    topics: (locale) => Object.entries(files.topics.topics).map(([id, topic]) => ({ id, title: topic.title[locale] ?? topic.title[defaultLocale] ?? id })),
    route: (topic) => (topic === undefined ? undefined : routes.get(topic)) ?? defaultRoute,
    profile: (person) => profileOf(person, files.settings.requester.fields, (id) => texts.fill(agentLocale, 'requester.neutralName', { id }).text),
    tellsPhotos: files.settings.requester.fields.includes('photo'),
    subject: (content: Content, person: Person, locale: Locale) => subjectOf(content, person, (key, parameters) => texts.fill(locale, key, parameters).text),
    phaseOf: (ticket) => phases.get(ticket.status.toLowerCase()) ?? ticket.phase,
    toContent(comment, ticket, { locale, several }) {
      const agent = agentName(comment.author);
      const heads: RichText[] = [];
      if (agent !== undefined) heads.push(texts.fill(locale, 'agent.prefix', { agent }));
      if (several) heads.push(texts.fill(locale, 'ticket.prefix', { number: ticket.number }));
      return withHead(joinTexts(heads, ' · '), comment.content);
    },
    mailTrim: { trimQuotes: files.settings.trimQuotedMail, trimSignature: files.settings.trimSignature },
    agentName,
    text: (locale, key, parameters) => texts.fill(locale, key, parameters),
    label: (locale, key, parameters) => texts.fill(locale, key, parameters).text,
  };
}

function routesOf(files: MappingFiles): ReadonlyMap<string, TicketRoute> {
  return new Map(Object.entries(files.topics.topics).map(([id, topic]) => {
    const queue = topic.queue ?? files.queues.default;
    const answerWithinMinutes = topic.answerWithinMinutes ?? files.queues.queues[queue]?.answerWithinMinutes;
    const route: TicketRoute = { topic: id, queue, priority: topic.priority, tags: topic.tags };
    return [id, answerWithinMinutes === undefined ? route : { ...route, answerWithinMinutes }];
  }));
}

/** `ru-RU` is `ru`. */
function localeOf(languageTag: string | undefined, locales: readonly Locale[]): Locale | undefined {
  const language = languageTag?.toLowerCase().split(/[-_]/)[0];
  return locales.find((locale) => locale === language);
}

/** Mail addresses and logins are nobody's name: they are not shown. */
function shownName(name: string | undefined, showAgent: SettingsFile['showAgent']): string | undefined {
  const whole = (name ?? '').replace(/\s+/g, ' ').trim().slice(0, 100);
  if (showAgent === 'none' || whole === '' || whole.includes('@')) return undefined;
  if (showAgent === 'full_name') return whole;
  // `Akhmetova, Dana` has the first name behind the comma.
  const given = whole.includes(',') ? whole.slice(whole.indexOf(',') + 1).trim() : whole;
  return given.split(' ')[0] || undefined;
}
