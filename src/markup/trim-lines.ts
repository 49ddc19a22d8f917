/** What belongs here: how quoted history and signatures look as lines of text, in English, Russian and Kazakh. Facts about mail programs. */

/** Longer lines are nobody's header or attribution. */
const LINE_LENGTH_MAX = 400;
/** A signature of more lines than this is an answer below a line of dashes. */
const SIGNATURE_LINES_MAX = 15;
/** How far back the line before a quote is looked for. */
const LOOK_BACK_MAX = 800;

const WROTE = /(?:^|[\s>,"»)])(?:wrote|writes|(?:на)?писал(?:\(а\)|а|и)?|пишет|(?:деп )?жазды|schrieb|a écrit)\s*:$/iu;
/** `10.03.2026, 12:40, "Anna" <anna@example.com>:` */
const DATE_AND_ADDRESS = /\d{1,2}[:.]\d{2}.*@[^\s@]*>\s*:$/u;
/** How an attribution begins: `On Sat Nov 21`, `Сб 21 ноя`, `Am 10.03.2026`. */
const HEAD = /(?:(On|Le|Am|Во?) )?(?:(\p{Lu}\p{Ll}{1,11})[.,]{0,2} )?(?:(?:\p{Lu}\p{Ll}{2,8}|\p{Ll}{3,9})\.?,? \d{1,2}\b|\d{1,2}[ .]{1,2}\p{L}{3,9}|\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})/u;
const DATE = /\b\d{4}\b|\d{1,2}[:.]\d{2}/;
const ORIGINAL = /^[-_*\s]{2,}(?:original (?:message|appointment)|исходное сообщение|первоначальное сообщение|бастапқы хабар(?:лама)?)[-_*\s]{2,}$/iu;
const FORWARDED = /^[-_*\s]*(?:begin forwarded message|forwarded message|начало переадресованного сообщения|(?:пересылаемое|перенаправленное|пересланное) сообщение|қайта жіберілген хабар(?:лама)?)[-_*\s:]*$/iu;
const FROM = /^[*\s]*(?:from|от|от кого|кімнен)\s*:/iu;
const SENT = /^[*\s]*(?:sent|date|отправлено|дата|жіберілген|жіберілді|күні)\s*:/iu;
const TO = /^[*\s]*(?:to|subject|кому|тема|кімге|тақырыбы?)\s*:/iu;
const RULE = /^[-_—*=\s]*$/u;
const SIGNATURE = /^--\s?$/u;
const PHONE_SIGNATURE = /^(?:sent from my [\w ]{2,30}|get outlook for \w+|отправлено с (?:моего )?[\w ]{2,30}|отправлено из (?:мобильной|почты) .{2,40}|менің [\w ]{2,30} жіберілді)\.?$/iu;

/** Where the line `On … wrote:` right before `position` starts (it may be broken into several), if there is one. */
export function attributionStart(text: string, position: number): number | undefined {
  const from = Math.max(0, position - LOOK_BACK_MAX);
  const before = text.slice(from, position).trimEnd();
  const lines = before.split('\n');
  const first = attributionLine(lines, lines.length);
  return first === undefined ? undefined : from + lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0) + ownLength(lines[first] ?? '');
}

/**
 * How much of a line with an attribution is somebody's own words: editors put the cursor right before it, and who writes there and presses no
 * Enter has the last of their words on that line.
 */
function ownLength(line: string): number {
  const [head = '', opener, weekday] = HEAD.exec(line) ?? [];
  const own = head === '' ? '' : line.slice(0, line.indexOf(head));
  return own.trim() !== '' && (opener !== undefined || weekday !== undefined || !/\s$/.test(own)) ? own.length : 0;
}

/** The first line of the attribution that ends right before line `end`. */
function attributionLine(lines: readonly string[], end: number): number | undefined {
  for (let count = 1; count <= 3 && end - count >= 0; count += 1) {
    if (!isAttribution(lines.slice(end - count, end).join(' ').trim())) continue;
    const above = lines[end - count - 1] ?? '';
    // Broken after the date: `On Mon, 2 Mar 2026 at 10:00, Anna` stands alone above `<anna@example.com> wrote:`.
    const isBroken = !DATE.test(lines[end - count] ?? '') && above.length <= LINE_LENGTH_MAX && DATE.test(above);
    return isBroken ? end - count - 1 : end - count;
  }
  return undefined;
}

function isAttribution(line: string): boolean {
  if (line.length > LINE_LENGTH_MAX || !line.endsWith(':') || !/[\d@]/.test(line)) return false;
  return WROTE.test(line) || DATE_AND_ADDRESS.test(line);
}

/** True when the text at `position`, or the line before it, says that a message was forwarded: that is what the agent wants to show. */
export function isForwarded(text: string, position: number): boolean {
  const end = text.indexOf('\n', position);
  const first = text.slice(position, end === -1 ? position + LINE_LENGTH_MAX : Math.min(end, position + LINE_LENGTH_MAX));
  const before = text.slice(Math.max(0, position - LINE_LENGTH_MAX), position).trimEnd();
  return FORWARDED.test(first) || FORWARDED.test(before.slice(before.lastIndexOf('\n') + 1));
}

/**
 * Where history and signature begin at the end of `text`; its length when there are none. Linear.
 * `isCut`: something was cut below it already, so that a rule at the end divides nothing any more.
 */
export function tailStart(text: string, wanted: { readonly quotes: boolean; readonly signature: boolean }, isCut: boolean): number {
  const lines = text.split('\n');
  let end = lines.length;
  if (wanted.quotes) end = withoutQuoted(lines, withoutHistory(lines, end));
  if (wanted.signature) end = withoutSignature(lines, end);
  // A quote may stand below the signature and above it.
  if (wanted.quotes && wanted.signature) end = withoutQuoted(lines, end);
  if (end === lines.length && !isCut) return text.length;
  const cut = lines[end];
  const own = cut !== undefined && isAttribution(cut.trim()) ? ownLength(cut) : 0;
  if (own > 0) return lines.slice(0, end).reduce((sum, line) => sum + line.length + 1, 0) + own;
  return lines.slice(0, withoutRules(lines, end)).join('\n').length;
}

/** Cuts from a header block or from `-----Original Message-----` on. */
function withoutHistory(lines: readonly string[], end: number): number {
  for (let index = 0; index < end; index += 1) {
    const line = lines[index] ?? '';
    if (line.length > LINE_LENGTH_MAX) continue;
    if (ORIGINAL.test(line)) return index;
    if (FROM.test(line) && isHeaderBlock(lines, index) && !isForwardedAbove(lines, index)) return index;
  }
  return end;
}

function isHeaderBlock(lines: readonly string[], from: number): boolean {
  const block = lines.slice(from + 1, from + 7).map((line) => line.slice(0, LINE_LENGTH_MAX));
  const blank = block.findIndex((line) => line.trim() === '');
  const headers = blank === -1 ? block : block.slice(0, blank);
  return headers.some((line) => SENT.test(line)) && headers.some((line) => TO.test(line));
}

function isForwardedAbove(lines: readonly string[], index: number): boolean {
  return lines.slice(Math.max(0, index - 3), index).some((line) => line.length <= LINE_LENGTH_MAX && FORWARDED.test(line));
}

/** Cuts a run of lines with `>` at the end, and the attribution above it. */
function withoutQuoted(lines: readonly string[], end: number): number {
  let start = end;
  while (start > 0 && /^(?:>|\s*$)/.test(lines[start - 1] ?? '')) start -= 1;
  const hasQuote = lines.slice(start, end).some((line) => line.startsWith('>'));
  return attributionLine(lines, start) ?? (hasQuote ? start : end);
}

function withoutSignature(lines: readonly string[], end: number): number {
  const first = Math.max(0, end - SIGNATURE_LINES_MAX - 1);
  const place = lines.slice(first, end).findIndex((line) => SIGNATURE.test(line));
  let start = place === -1 ? end : first + place;
  while (start > 0 && RULE.test(lines[start - 1] ?? '') && start < end) start -= 1;
  const last = lines.slice(0, start).findLastIndex((line) => line.trim() !== '');
  return PHONE_SIGNATURE.test((lines[last] ?? '').slice(0, LINE_LENGTH_MAX).trim()) ? last : start;
}

function withoutRules(lines: readonly string[], end: number): number {
  let start = end;
  while (start > 0 && (lines[start - 1] ?? '').length <= LINE_LENGTH_MAX && RULE.test(lines[start - 1] ?? '')) start -= 1;
  return start;
}
