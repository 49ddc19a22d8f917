/** Comments' HTML as elements: parsed without running anything, and rebuilt from a list of harmless tags. Never put into the page as text. */
import { h, type ComponentChildren, type VNode } from 'preact';

const KEPT = new Set(['p', 'div', 'br', 'hr', 'b', 'strong', 'i', 'em', 'u', 'ins', 's', 'strike', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'span',
  'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'sub', 'sup', 'details', 'summary']);
const DROPPED = new Set(['script', 'style', 'template', 'iframe', 'object', 'embed', 'svg', 'math', 'form', 'input', 'textarea', 'select']);
const LINK = /^(https?:\/\/|mailto:|tel:|tg:(\/\/)?resolve\?)/i;

const OWN_PICTURE = /^cid:([0-9a-f]{32})$/;

export function Rich({ html }: { readonly html: string }): VNode {
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  return <div class="rich">{childrenOf(body)}</div>;
}

function childrenOf(node: Node): ComponentChildren {
  return [...node.childNodes].map(toElement);
}

function toElement(node: Node): ComponentChildren {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const name = node.localName;
  if (DROPPED.has(name)) return null;
  const children = childrenOf(node);
  const href = node.getAttribute('href') ?? '';
  if (name === 'a' && LINK.test(href)) return <a href={href} target="_blank" rel="noopener noreferrer nofollow">{children}</a>;
  if (name === 'tg-spoiler' || node.classList.contains('tg-spoiler')) return <span class="spoiler" tabIndex={0}>{children}</span>;
  if (name === 'img') return picture(node);
  if (name === 'br' || name === 'hr') return h(name, null);
  return KEPT.has(name) ? h(name, countsOf(node), children) : children;
}

/** What counts list items and spans table cells. */
function countsOf(node: Element): Readonly<Record<string, string>> {
  return Object.fromEntries(['start', 'type', 'reversed', 'value', 'colspan', 'rowspan'].flatMap((name) => {
    const value = node.getAttribute(name);
    return value === null || !/^(?:-?\d{1,9}|[aAiI]|)$/.test(value) ? [] : [[name, value]];
  }));
}

/** Only from among the desk's own files: no page tells another server who reads it. */
function picture(node: Element): ComponentChildren {
  const file = OWN_PICTURE.exec(node.getAttribute('src') ?? '')?.[1];
  const alt = node.getAttribute('alt') ?? '';
  return file === undefined ? alt : <img src={`api/files/${file}`} alt={alt} loading="lazy" />;
}
