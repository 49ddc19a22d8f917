/** What belongs here: text with entities as elements. Text only ever becomes text nodes. */
import type { ComponentChildren } from 'preact';
import type { Entity } from './wire.js';

interface Props {
  readonly text: string;
  readonly entities?: readonly Entity[] | undefined;
  readonly onCommand?: ((command: string) => void) | undefined;
}

export function RichText({ text, entities = [], onCommand }: Props): ComponentChildren {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return renderRange(text, sorted, 0, text.length, onCommand);
}

const BLOCKS: ReadonlySet<string> = new Set(['pre', 'blockquote', 'expandable_blockquote']);

function renderRange(text: string, entities: readonly Entity[], start: number, end: number, onCommand: Props['onCommand']): ComponentChildren[] {
  const nodes: ComponentChildren[] = [];
  let at = start;
  let rest = entities;
  while (rest.length > 0) {
    const [entity, ...later] = rest;
    if (entity === undefined || entity.offset >= end) break;
    const from = Math.max(at, entity.offset);
    const to = Math.min(end, entity.offset + entity.length);
    const inside = later.filter((other) => other.offset < to);
    rest = later.filter((other) => other.offset >= to);
    if (to <= from) continue;
    if (from > at) nodes.push(text.slice(at, from));
    nodes.push(renderEntity(entity, text.slice(from, to), renderRange(text, inside, from, to, onCommand), onCommand));
    // A block ends its line itself.
    at = BLOCKS.has(entity.type) && to < end && text[to] === '\n' ? to + 1 : to;
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function renderEntity(entity: Entity, raw: string, children: ComponentChildren, onCommand: Props['onCommand']): ComponentChildren {
  switch (entity.type) {
    case 'bold': return <strong>{children}</strong>;
    case 'italic': return <em>{children}</em>;
    case 'underline': return <u>{children}</u>;
    case 'strikethrough': return <s>{children}</s>;
    case 'code': return <code>{children}</code>;
    case 'pre': return <pre>{children}</pre>;
    case 'blockquote':
    case 'expandable_blockquote': return <blockquote>{children}</blockquote>;
    case 'spoiler': return <span class="spoiler" tabIndex={0}>{children}</span>;
    case 'url': return <SafeLink url={raw}>{children}</SafeLink>;
    case 'email': return <SafeLink url={`mailto:${raw}`}>{children}</SafeLink>;
    case 'text_link': return <SafeLink url={entity.url ?? ''}>{children}</SafeLink>;
    case 'bot_command': return onCommand === undefined ? children : <button type="button" class="link" onClick={() => onCommand(raw)}>{children}</button>;
    case 'mention':
    case 'hashtag': return <span class="tag">{children}</span>;
    default: return children;
  }
}

const SAFE_SCHEMES = ['http:', 'https:', 'mailto:', 'tel:', 'tg:'];

function SafeLink({ url, children }: { readonly url: string; readonly children: ComponentChildren }): ComponentChildren {
  const isSafe = URL.canParse(url) && SAFE_SCHEMES.includes(new URL(url).protocol);
  return isSafe ? <a href={url} target="_blank" rel="noopener noreferrer">{children}</a> : <span>{children}</span>;
}
