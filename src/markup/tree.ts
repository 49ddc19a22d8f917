/** What belongs here: HTML (any, also hostile) to a small tree whose depth is bounded. */
import { Parser } from 'htmlparser2';

export interface Element {
  /** Lower case. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
}
/** A string is text with its entities decoded. */
export type Node = Element | string;

/** Elements below this depth become siblings: real mails stay under 60, and the walk over the tree is recursive. */
const DEPTH_MAX = 200;

/** Linear in the length of `html`; the tree is at most DEPTH_MAX deep. Comments are dropped. */
export function parseHtml(html: string): Element {
  const root: Element = { name: '#root', attributes: {}, children: [] };
  const open: Element[] = [root];
  const parser = new BoundedParser(() => open.length > DEPTH_MAX, {
    onopentag(name, attributes) {
      const element: Element = { name, attributes, children: [] };
      open.at(-1)?.children.push(element);
      open.push(element);
    },
    onclosetag() {
      if (open.length > 1) open.pop();
    },
    ontext(text) {
      addText(open.at(-1) ?? root, text);
    },
  });
  parser.end(html);
  return root;
}

function addText(parent: Element, text: string): void {
  const last = parent.children.at(-1);
  if (typeof last === 'string') parent.children[parent.children.length - 1] = last + text;
  else parent.children.push(text);
}

type Handler = ConstructorParameters<typeof Parser>[0];

/**
 * Where the tree is too deep, every element counts as empty (like `br`): the parser keeps its own stack of open elements and
 * searches it, so an unbounded one costs quadratic time.
 */
class BoundedParser extends Parser {
  private tooDeep = false;

  constructor(private readonly isTooDeep: () => boolean, handler: Handler) {
    super(handler, { decodeEntities: true });
  }

  override onopentagname(start: number, endIndex: number): void {
    this.tooDeep = this.isTooDeep();
    super.onopentagname(start, endIndex);
  }

  override onclosetag(start: number, endIndex: number): void {
    this.tooDeep = false;
    super.onclosetag(start, endIndex);
  }

  override isVoidElement(name: string): boolean {
    return this.tooDeep || super.isVoidElement(name);
  }
}
