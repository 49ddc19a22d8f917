/** An agent at the web pages of Request Tracker: signs in and sends the form of an answer, as a browser does. */
import type { RtCredentials } from './request-tracker-fixture.js';
import type { SampleFile } from '../conformance/helpdesk.js';

export interface WebAnswer {
  readonly html: string;
  readonly file?: SampleFile;
  /** The transaction whose "Reply" the agent clicked, with the quote that the form then holds or without it. */
  readonly to?: { readonly comment: string; readonly quote: 'above' | 'below' | 'deleted' };
  /** Set along with the answer. */
  readonly status?: string;
}

export async function answerInBrowser(credentials: RtCredentials, ticket: string, answer: WebAnswer): Promise<void> {
  const { url } = credentials;
  const { password } = credentials.users.agent1;
  let cookie = '';
  async function visit(path: string, body?: FormData | URLSearchParams): Promise<string> {
    const response = await fetch(`${url}${path}`, {
      headers: { cookie, referer: `${url}/` }, redirect: 'manual', ...(body === undefined ? {} : { method: 'POST', body }),
    });
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return response.text();
  }
  await visit('/');
  await visit('/NoAuth/Login.html', new URLSearchParams({ user: 'agent1', pass: password, next: '' }));
  const page = await visit(`/Ticket/Update.html?id=${ticket}&Action=Respond${answer.to === undefined ? '' : `&QuoteTransaction=${answer.to.comment}`}`);
  const token = /name="Token" value="([^"]+)"/.exec(page)?.[1];
  if (token === undefined) throw new Error('the page has no form for an answer: not signed in?');
  const form = new FormData();
  const fields = {
    id: ticket, Token: token, Action: 'Respond', UpdateType: 'response', UpdateContentType: 'text/html', UpdateContent: contentOf(answer, page),
    ...(answer.to === undefined ? {} : { QuoteTransaction: answer.to.comment }),
    ...(answer.status === undefined ? {} : { Status: answer.status }), SubmitTicket: 'Update Ticket',
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (answer.file !== undefined) form.append('Attach', new Blob([new Uint8Array(answer.file.bytes)], { type: answer.file.mediaType }), answer.file.name);
  await visit('/Ticket/Update.html', form);
}

const CHARACTERS: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&#34;': '"', '&#39;': "'", '&amp;': '&' };

/** The answer, with what the form quotes. */
function contentOf({ html, to }: WebAnswer, page: string): string {
  if (to === undefined || to.quote === 'deleted') return html;
  const box = /<textarea[^>]*name="UpdateContent"[^>]*>([^<]*)<\/textarea>/.exec(page)?.[1] ?? '';
  const quote = box.replace(/&(?:lt|gt|amp|#34|#39);/g, (character) => CHARACTERS[character] ?? character).trim();
  if (!quote.includes('blockquote')) throw new Error('the form quotes nothing');
  return to.quote === 'above' ? `${quote}${html}` : `${html}${quote}`;
}
