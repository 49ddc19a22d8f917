/**
 * What belongs here: what becomes of every kind of message, in both directions, with each helpdesk: the rows of docs/messages.md. A test holds
 * them against the table of kinds in the telegram room: a kind without a row fails it.
 */
import { KINDS } from '../../src/telegram/kinds.js';

export const HELPDESKS = ['desk', 'request-tracker'] as const;
type Helpdesk = (typeof HELPDESKS)[number];

/** `full`, `partial: what is lost`, `none: why`. */
type Cell = string;

export interface Row {
  readonly title: string;
  /** The fields of a Telegram message that this row is about. */
  readonly fields?: readonly string[];
  readonly cells: Readonly<Record<Helpdesk, Cell>>;
}

const both = (cell: Cell): Row['cells'] => ({ 'desk': cell, 'request-tracker': cell });
const row = (title: string, fields: readonly string[], cells: Cell | Row['cells'] = 'full'): Row => ({ title, fields, cells: typeof cells === 'string' ? both(cells) : cells });

const FORMATTING = 'partial: a mention of somebody without a public name is their name alone; a date has its moment behind it, in UTC';

/** From Telegram to the helpdesk. */
export const ROWS_IN: readonly Row[] = [
  row('Text with its formatting', ['text'], { 'desk': FORMATTING, 'request-tracker': `${FORMATTING}; its page shows spoilers open` }),
  row('Photo, with caption', ['photo', 'caption']),
  row('Live photo', ['live_photo'], 'partial: its still picture, with a line that says so'),
  row('Album (2 to 10 photos, videos, files)', ['media_group_id'], 'full'),
  row('File', ['document'], 'partial: over 20 MB only its name and size (a local Bot API server lifts this)'),
  row('Video', ['video'], 'partial: over 20 MB only its name and size (a local Bot API server lifts this)'),
  row('GIF', ['animation'], 'partial: arrives as the MP4 that Telegram makes of it'),
  row('Audio file', ['audio'], 'full'),
  row('Voice message', ['voice'], 'partial: with ffmpeg nothing, an M4A copy stands beside the original; without it not every browser plays the original'),
  row('Round video message', ['video_note'], 'partial: the video is square'),
  row('Sticker', ['sticker'], 'partial: one that moves arrives as its emoji and a still picture'),
  row('Custom emoji', [], 'partial: as the plain emoji it stands for'),
  row('Location', ['location'], 'full'),
  row('Live location', [], 'partial: where it is every five minutes, and where it ended if Telegram says so, each as a marked comment'),
  row('Venue', ['venue'], 'full'),
  row('Contact', ['contact'], 'full'),
  row('Their own number, shared as a contact: also on their profile', [], 'full'),
  row('Who writes: name, username, language, link, profile photo; changes followed; the mapping chooses', [], {
    'desk': 'full', 'request-tracker': 'partial: no profile photo, for which a user of RT has no place',
  }),
  row('Poll', ['poll'], 'partial: question and options; nobody can vote from the helpdesk'),
  row('Checklist, and tasks done or added', ['checklist', 'checklist_tasks_done', 'checklist_tasks_added'], 'partial: as text; done tasks by their number'),
  row('Dice', ['dice'], 'full'),
  row('Game', ['game'], 'partial: title and description'),
  row('Story', ['story'], 'partial: whose it is, with its link when it is public; bots cannot see it'),
  row('Reply to a story', ['reply_to_story'], 'partial: whose it is, with its link when it is public'),
  row('Paid media', ['paid_media'], 'partial: how many files for how many Stars; bots cannot open them'),
  row('Giveaway and its winners', ['giveaway', 'giveaway_winners'], 'partial: prize, and the names of the winners'),
  row('Gift', ['gift', 'unique_gift', 'gift_upgrade_sent'], 'partial: its words or its name'),
  row('Invoice, payment, refund', ['invoice', 'successful_payment', 'refunded_payment'], 'partial: title and amount; delivery details stay in Telegram'),
  row('Mini App data', ['web_app_data'], 'full'),
  row('Shared people and chats', ['users_shared', 'chat_shared'], 'partial: names, public names or ids; no photos'),
  row('Telegram Passport', ['passport_data'], 'partial: that it was sent; it is encrypted'),
  row('Rich message', ['rich_message'], 'partial: text, marks, lists, tables and files; its files behind the text, with a sign where each stood'),
  row('Reply, or quote picked by hand', ['reply_to_message', 'quote', 'external_reply', 'reply_to_checklist_task_id', 'reply_to_poll_option_id'], 'partial: up to 200 characters above the answer; from another chat as far as Telegram shows it'),
  row('Forwarded', ['forward_origin'], 'full'),
  row('Sent through an inline bot', ['via_bot'], 'full'),
  row('Edited message', [], 'partial: what was said and what is said now; a change of formatting alone is not shown'),
  row('Reaction', [], 'partial: one internal comment for each message and 3 minutes; custom emoji without their picture; not in topics'),
  row('A kind of tomorrow', [], 'partial: named, with the advice to ask'),
];

/** From the helpdesk to Telegram. */
export const ROWS_OUT: readonly Row[] = [
  row('Text with its formatting', []),
  row('Nested lists and tables', [], 'partial: numbers, bullets and indents as text; narrow tables aligned, wide ones as lines of header and value; a cell over several rows is said in each'),
  row('Pictures inside the text', [], { 'desk': 'partial: those among the comment\'s own files, as photos in their place; pictures from elsewhere only by their description', 'request-tracker': 'partial: those that came with the mail, as photos in their place; pictures from elsewhere as a link, never loaded' }),
  row('Signature and quoted mail', [], { 'desk': 'full', 'request-tracker': 'none: cut by rule, unless `mappings/settings.yaml` says otherwise' }),
  row('Pictures, videos, files', [], 'partial: up to 50 MB each (a local Bot API server lifts this); the agent is told of larger ones'),
  row('Several files', [], 'full'),
  row('Voice message (Ogg/Opus)', [], 'partial: as a file to those who take no voice messages'),
  row('GIF', [], 'full'),
  row('Edited answer', [], { 'desk': 'partial: where Telegram does not change a message, a marked correction', 'request-tracker': 'none: comments do not change there' }),
  row('Deleted or hidden answer', [], { 'desk': 'partial: after 48 hours a short word in its place; the agent is told of files, which stay', 'request-tracker': 'none: comments do not change there' }),
  row('Answer to a certain comment', [], { 'desk': 'full', 'request-tracker': 'partial: by "Reply" at an entry of the history; to the entry that opened the ticket as long as its quote stays in the form; not by mail to what RT sent out' }),
  row('Reaction of an agent on what the customer wrote', [], { 'desk': 'partial: one of eight emoji, one for each message; on several files that were sent together on the first', 'request-tracker': 'none: agents have no reactions there' }),
  row('An agent is writing an answer', [], { 'desk': 'full', 'request-tracker': 'none: Request Tracker does not tell who writes' }),
  row('The answer was delivered, shown to the agent', [], { 'desk': 'full', 'request-tracker': 'none: no place for it; agents are told of what does not arrive' }),
  row('The customer has read it', [], 'none: Telegram does not tell bots what was read'),
  row('A ticket that an agent opens for a known requester', [], 'full'),
  row('Internal comment', [], 'none: on purpose, it never leaves the helpdesk'),
];

const cells = (one: Row): string => HELPDESKS.map((helpdesk) => one.cells[helpdesk]).join(' | ');
const table = (rows: readonly Row[]): string => [
  `| kind | ${HELPDESKS.join(' | ')} |`, `|---|${HELPDESKS.map(() => '---').join('|')}|`, ...rows.map((one) => `| ${one.title} | ${cells(one)} |`),
].join('\n');

/** The whole page. */
export function renderMessages(): string {
  const ignored = Object.entries(KINDS).flatMap(([name, rule]) => (rule.as === 'ignored' ? [{ name, why: rule.why }] : []));
  const reasons = [...new Set(ignored.map(({ why }) => why))];
  return `# What becomes of each kind of message

Generated by \`npm run docs:messages\` from the tables in the code; a test keeps it up to date. **full**: nothing that matters is lost;
**partial**: what is lost; **none**: why. What agents read of a kind that is no text (\`📍 Location\`) stands in \`mappings/texts/\` under
\`kind.\`, \`forward.\`, \`quote.\` and \`reaction.\`, in the language that \`agentLocale\` names.

## From Telegram to the helpdesk

${table(ROWS_IN)}

## From the helpdesk to Telegram

${table(ROWS_OUT)}

## What says nothing to an agent

Service messages of Telegram that make no comment, by their names in the Bot API:

${reasons.map((why) => `- ${ignored.filter((one) => one.why === why).map(({ name }) => `\`${name}\``).join(', ')}: ${why}.`).join('\n')}
`;
}
