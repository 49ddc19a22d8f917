/** What an agent types, as HTML: **bold**, *italic*, `code`, [text](link), bare links, lines that start with `- ` or `1. `. The server cleans it again. */

const INLINE = /`([^`\n]+)`|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+|mailto:[^\s)]+)\)|\*\*(?=\S)([^\n]*?\S)\*\*|(?<![\p{L}\p{N}*_])([*_])(?=\S)([^\n]*?\S)\5(?![\p{L}\p{N}*_])|(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/gu;
const BULLET = /^\s*[-*•] +(.*)$/;
const NUMBER = /^\s*\d{1,3}[.)] +(.*)$/;

export function composeHtml(source: string): string {
  return source.replace(/\r\n?/g, '\n').trim().split(/\n{2,}/).map(block).join('');
}

/** Runs of list lines become lists, the lines between them a paragraph. */
function block(text: string): string {
  const out: string[] = [];
  let run: { kind: 'p' | 'ul' | 'ol'; lines: string[] } = { kind: 'p', lines: [] };
  const flush = (): void => {
    if (run.lines.length === 0) return;
    out.push(run.kind === 'p' ? `<p>${run.lines.join('<br>')}</p>` : `<${run.kind}>${run.lines.map((line) => `<li>${line}</li>`).join('')}</${run.kind}>`);
  };
  for (const line of text.split('\n')) {
    const bullet = BULLET.exec(line)?.[1];
    const numbered = NUMBER.exec(line)?.[1];
    const kind = bullet !== undefined ? 'ul' : numbered !== undefined ? 'ol' : 'p';
    if (kind !== run.kind) {
      flush();
      run = { kind, lines: [] };
    }
    run.lines.push(inline(bullet ?? numbered ?? line));
  }
  flush();
  return out.join('');
}

function inline(text: string): string {
  let out = '';
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    out += escape(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [all, code, label, href, bold, , italic, url] = match;
    if (code !== undefined) out += `<code>${escape(code)}</code>`;
    else if (label !== undefined) out += `<a href="${escape(href ?? '')}">${inline(label)}</a>`;
    else if (bold !== undefined) out += `<b>${inline(bold)}</b>`;
    else if (italic !== undefined) out += `<i>${inline(italic)}</i>`;
    else out += `<a href="${escape(url ?? all)}">${escape(url ?? all)}</a>`;
  }
  return out + escape(text.slice(at));
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
