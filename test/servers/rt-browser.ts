/** An agent at the web pages of Request Tracker: signs in and sends the form of an answer, as a browser does. */
import type { RtCredentials } from './request-tracker-fixture.js';
import type { SampleFile } from '../conformance/helpdesk.js';

export interface WebAnswer {
  readonly html: string;
  readonly file: SampleFile;
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
  const page = await visit(`/Ticket/Update.html?id=${ticket}&Action=Respond`);
  const token = /name="Token" value="([^"]+)"/.exec(page)?.[1];
  if (token === undefined) throw new Error('the page has no form for an answer: not signed in?');
  const form = new FormData();
  const fields = {
    id: ticket, Token: token, Action: 'Respond', UpdateType: 'response', UpdateContentType: 'text/html', UpdateContent: answer.html,
    ...(answer.status === undefined ? {} : { Status: answer.status }), SubmitTicket: 'Update Ticket',
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('Attach', new Blob([new Uint8Array(answer.file.bytes)], { type: answer.file.mediaType }), answer.file.name);
  await visit('/Ticket/Update.html', form);
}
