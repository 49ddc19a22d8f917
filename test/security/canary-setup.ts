/** What belongs here: the words that nobody may find, planted everywhere, and the search for them in everything that the program puts out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets, each a word of its own. They must not even stand in tickets. */
export const SECRETS = {
  bot: '7000000042:Canary-bot-token_zq1', path: 'canary_telegram_webhook_zq2', helpdesk: 'canary-helpdesk-token-zq3', doorbell: 'canary-doorbell-secret-zq4', agent: 'canary-agent-token-zq5',
  database: 'postgres://canaryuserzq6:canarydatabasezq6@db.example/x',
} as const;
export const SECRET_WORDS: readonly string[] = [...Object.values(SECRETS), 'Canary-bot-token_zq1', 'canarydatabasezq6'];

/** Words of people: texts, names, captions, file names, phone numbers. They belong in tickets and chats, and nowhere else. */
export const WORDS = {
  text: 'canarytextzw01', other: 'канарейказв02', caption: 'canarycaptionzw03', fileName: 'canaryfilezw04', bytes: 'canarybyteszw05', firstName: 'Canaryfirstzw06', lastName: 'Canarylastzw07',
  username: 'canaryuserzw08', phone: '77010000909', argument: 'canaryargumentzw10', button: 'canarybuttonzw11', edited: 'canaryeditedzw12', answer: 'canaryanswerzw13', internal: 'canaryinternalzw14',
  agentFile: 'canaryagentfilezw15', agentBytes: 'canaryagentbyteszw16', agentName: 'Canaryagentzw17', comment: 'canarycommentzw18', forged: 'canaryforgedzw19', group: 'canarygroupzw20', place: 'canaryplacezw21',
  old: 'canaryoldzw22', link: 'canarylinkzw23', poll: 'canarypollzw24', reply: 'Canary_reply_zw25', path: 'canarypathzw26',
} as const;

/** What a side says that quotes everything back: as a code, as a sentence, as a page, torn. */
export const QUOTES: readonly string[] = [
  JSON.stringify({ error: WORDS.text, code: WORDS.fileName, error_code: WORDS.firstName, message: [...Object.values(WORDS), ...SECRET_WORDS].join(' ') }),
  JSON.stringify({ error: { code: SECRETS.helpdesk, message: WORDS.answer } }),
  `<html><title>${WORDS.text}</title><pre>Authorization: Bearer ${SECRETS.helpdesk}\n${Object.values(WORDS).join('\n')}\n${SECRET_WORDS.join('\n')}</pre></html>`,
  `{"error":"${WORDS.text}","token":"${SECRETS.helpdesk}`,
  `${WORDS.text}`,
];

/** How a word may be written: plain, in JSON, in a URL, in base64 at any offset, in hex, in a log that breaks at dashes. */
export function spellings(word: string): readonly string[] {
  const bytes = Buffer.from(word);
  const base64 = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').slice(Math.ceil((offset * 8) / 6), -4));
  const escaped = [...word].map((sign) => (sign > '~' ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}` : sign)).join('');
  return [...new Set([word, word.toLowerCase(), encodeURIComponent(word), escaped, JSON.stringify(word).slice(1, -1), bytes.toString('hex'), bytes.toString('latin1'), ...base64])].filter((form) => form.length >= 8);
}

export interface Output {
  readonly place: string;
  readonly text: string;
}

/** `place: word` for every word that stands anywhere, however it is written. */
export function findWords(outputs: readonly Output[], words: readonly string[]): readonly string[] {
  const wanted = words.map((word) => ({ word, forms: spellings(word) }));
  return outputs.flatMap(({ place, text }) => {
    const lower = text.toLowerCase();
    return wanted.filter(({ forms }) => forms.some((form) => text.includes(form) || lower.includes(form.toLowerCase()))).map(({ word }) => `${place}: ${word}`);
  });
}

/** Every file of a folder: name and bytes. */
export async function filesOf(folder: string, but: (place: string) => boolean = () => false): Promise<readonly Output[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).filter((path) => !but(path.slice(folder.length + 1)));
  return Promise.all(files.map(async (path) => {
    const place = path.slice(folder.length + 1);
    return { place, text: `${place}\n${await readFile(path, 'latin1').catch(() => '')}\n${await readFile(path, 'utf8').catch(() => '')}` };
  }));
}
