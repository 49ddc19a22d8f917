/** An agent's mail, as a mail program writes it and Request Tracker's gateway takes it. */
import { expect } from '@jest/globals';
import type { TicketId } from '../../src/core/types.js';
import type { SampleFile } from '../conformance/helpdesk.js';
import type { RtCredentials } from './request-tracker-fixture.js';

export interface AgentMail {
  readonly plain: string;
  readonly html: string;
  /** A picture that the HTML names by `cid:`. */
  readonly inline: SampleFile & { readonly contentId: string };
  readonly files: readonly SampleFile[];
}

const wrapped = (bytes: Buffer): string => bytes.toString('base64').replace(/.{76}/g, '$&\r\n');

/** Sends it to the gateway, as agent1. */
export async function sendMail({ url }: RtCredentials, ticket: TicketId, mail: AgentMail): Promise<void> {
  const form = new URLSearchParams({ queue: 'Support', action: 'correspond', message: toMime(ticket, mail) });
  const response = await fetch(`${url}/REST/1.0/NoAuth/mail-gateway`, { method: 'POST', body: form });
  expect(await response.text()).toContain('ok');
}

function toMime(ticket: TicketId, { plain, html, inline, files }: AgentMail): string {
  const base64 = 'Content-Transfer-Encoding: base64';
  return [
    'From: agent1@rt.test', 'To: support@rt.test', `Subject: [rt.test #${ticket}] answer`, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="m"', '',
    '--m', 'Content-Type: multipart/related; boundary="r"', '',
    '--r', 'Content-Type: multipart/alternative; boundary="a"', '',
    '--a', 'Content-Type: text/plain; charset=utf-8', base64, '', wrapped(Buffer.from(plain)), '',
    '--a', 'Content-Type: text/html; charset=utf-8', base64, '', wrapped(Buffer.from(html)), '', '--a--', '',
    '--r', `Content-Type: ${inline.mediaType}; name="${inline.name}"`, `Content-ID: <${inline.contentId}>`, `Content-Disposition: inline; filename="${inline.name}"`,
    base64, '', wrapped(inline.bytes), '', '--r--', '',
    ...files.flatMap(({ name, mediaType, bytes }) => [
      '--m', `Content-Type: ${mediaType}; name="${name}"`, `Content-Disposition: attachment; filename="${name}"`, base64, '', wrapped(bytes), '']),
    '--m--', '',
  ].join('\r\n');
}
