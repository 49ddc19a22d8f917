/** What belongs here: which elements mail programs use for quoted history and signatures. Facts about mail programs, nothing else. */
import type { Element } from './tree.js';
import type { Region } from './writer.js';

type Kind = Region['kind'];

/** Gmail, Yahoo, Proton and Zoho wrap their history whole, the line before it included. */
const CLASSES: Readonly<Record<string, Kind>> = {
  gmail_quote: 'history', gmail_quote_container: 'history', yahoo_quoted: 'history', protonmail_quote: 'history', zmail_extra: 'history',
  'moz-cite-prefix': 'history', gmail_attr: 'history',
  gmail_signature: 'signature', 'moz-signature': 'signature', protonmail_signature_block: 'signature', applemailsignature: 'signature',
  outlookmessageheader: 'tail',
};
/** Outlook, on the web and on phones: everything from here on is history. */
const IDS: Readonly<Record<string, Kind>> = {
  divrplyfwdmsg: 'tail', appendonsend: 'tail', 'mail-editor-reference-message-container': 'tail', olk_src_body_section: 'tail',
  signature: 'signature', applemailsignature: 'signature', 'ms-outlook-mobile-signature': 'signature',
};

export function regionOf(node: Element): Kind | undefined {
  // An element in a message that was only quoted keeps its class with a prefix such as `x_`, which is as good.
  const id = (node.attributes['id'] ?? '').toLowerCase().replace(/^(x_)+/, '');
  if (Object.hasOwn(IDS, id)) return IDS[id];
  for (const name of (node.attributes['class'] ?? '').toLowerCase().split(/\s+/, 50)) {
    const known = name.replace(/^(x_)+/, '');
    if (known === 'gmail_quote' && node.name === 'blockquote') return 'quote';
    if (Object.hasOwn(CLASSES, known)) return CLASSES[known];
  }
  if (node.name !== 'blockquote') return undefined;
  return node.attributes['type']?.toLowerCase() === 'cite' ? 'quote' : 'blockquote';
}
