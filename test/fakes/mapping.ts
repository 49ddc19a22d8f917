/** A mapping whose texts are their keys, so that tests see which text was chosen. */
import type { Mapping, TextParameters } from '../../src/core/mapping.js';
import { joinTexts, plainText } from '../../src/core/rich-text.js';

function fill(key: string, parameters: TextParameters | undefined): string {
  return parameters === undefined ? key : `${key} ${Object.values(parameters).join(' ')}`.trim();
}

export const fakeMapping: Mapping = {
  locales: ['en', 'ru', 'kk'], agentLocale: 'en', tellsReactions: true, queues: ['Support'], reopenWithinMs: 7 * 86_400_000, mailTrim: { trimQuotes: true, trimSignature: true },
  localeOf: (tag) => (tag?.startsWith('ru') ? 'ru' : 'en'),
  topics: () => [{ id: 'question', title: 'A question' }, { id: 'security', title: 'Security' }],
  route: (topic) => ({ topic: topic ?? 'question', queue: 'Support', priority: 'normal', tags: [], answerWithinMinutes: 240 }),
  profile: (person) => person, tellsPhotos: true,
  subject: (content) => content.text.text.slice(0, 40) || 'no text',
  phaseOf: (ticket) => ticket.phase,
  toContent: (comment, ticket, { several }) => ({
    text: several ? joinTexts([plainText(`#${ticket.number} `), comment.content.text]) : comment.content.text, attachments: comment.content.attachments,
  }),
  agentName: (agent) => agent?.name,
  text: (_locale, key, parameters) => plainText(fill(key, parameters)),
  label: (_locale, key, parameters) => fill(key, parameters),
};
