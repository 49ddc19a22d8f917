/** Articles of the classes that requesters may read. */
import type { Article } from '../../core/types.js';
import { plainText } from '../../core/rich-text.js';
import { fromHtml, fromPlain } from '../../markup/from-html.js';
import type { Api, Limit, RtArticle } from './api.js';

const WORDS_MAX = 6;
const WORD_LENGTH_MIN = 3;
/** Limits on one custom field are joined with AND, so each word costs a request of its own. */
const CONTENT_WORDS_MAX = 2;
const ARTICLES_MAX = 10;
const CONTENT_FIELD = 'Content';

/** Any of the words in name, summary or text; more words and better places first. */
export async function searchArticles(api: Api, query: string, classes: readonly string[]): Promise<readonly Article[]> {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const like = (field: string, some: readonly string[]): readonly Limit[] => some.map((value) => ({ field, operator: 'LIKE', value }));
  const longest = [...words].sort((a, b) => b.length - a.length).slice(0, CONTENT_WORDS_MAX);
  const searches = [like('Name', words), like('Summary', words), ...longest.map((word) => like(`CustomField.{${CONTENT_FIELD}}`, [word]))];
  const found = new Map<string, RtArticle>();
  for (const limits of searches) {
    for (const article of await api.articles('searchArticles', limits)) {
      if (classes.includes(article.Class?.Name ?? '')) found.set(article.id, article);
    }
  }
  return [...found.values()]
    .map((article) => ({ article, score: scoreOf(article, words) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, ARTICLES_MAX)
    .map(({ article }) => toArticle(article));
}

function wordsOf(query: string): readonly string[] {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.filter((word) => word.length >= WORD_LENGTH_MIN))].slice(0, WORDS_MAX);
}

function scoreOf(article: RtArticle, words: readonly string[]): number {
  const hits = (text: string | null | undefined): number => words.filter((word) => text?.toLowerCase().includes(word)).length;
  return hits(article.Name) * 4 + hits(article.Summary) * 2 + hits(contentOf(article));
}

function contentOf(article: RtArticle): string {
  const value = article.CustomFields?.find((field) => field.name === CONTENT_FIELD)?.values[0];
  return typeof value === 'string' ? value : '';
}

/** No URL: RT's article pages are for people with an account. */
function toArticle(article: RtArticle): Article {
  const content = contentOf(article);
  const isHtml = /<(p|br|div|ul|ol|a|b|strong|h[1-6])\b/i.test(content);
  const text = isHtml ? fromHtml(content).text : fromPlain(content);
  return { title: article.Name ?? '', text: text.text === '' ? plainText(article.Summary ?? '') : text };
}
