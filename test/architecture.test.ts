/** The house rules that a machine can check: who imports whom, whose words stand where, how large things are. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');

/** Room -> the rooms it may import. A room is a folder of src; `helpdesks/<x>` are rooms of their own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  bridge: ['core'],
  mapping: ['core', 'markup'],
  frontdesk: ['core', 'mapping'],
  markup: ['core'],
  disk: ['core'],
  media: ['core'],
  http: ['core'],
  observe: ['core'],
  idmap: ['core', 'disk'],
  telegram: ['core', 'http', 'observe', 'disk', 'markup'],
  demo: ['core', 'http', 'observe', 'disk', 'markup'],
  'helpdesks/*': ['core', 'http', 'observe', 'disk', 'markup'],
  helpdesks: ['core', 'helpdesks/*'],
  config: ['core', 'mapping', 'helpdesks', 'telegram'],
  web: ['core'],
};

/** Packages that only these rooms may import; whatever is not listed here is free. */
const PACKAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  telegraf: ['telegram'], axios: ['http', 'telegram'], bottleneck: ['http', 'telegram'], lowdb: ['idmap', 'disk'], winston: ['observe'],
  'prom-client': ['observe'], helmet: ['http'], commander: ['cli'], htmlparser2: ['markup', 'helpdesks/desk'], 'markdown-it': ['markup'], preact: ['web'],
};

/** The folders of the bridge, in order of who may know whom. */
const BRIDGE_FOLDERS = ['work', 'to-helpdesk', 'to-telegram', 'recovery'];

const VENDORS = ['zammad', 'zendesk', 'chatwoot', 'freshdesk', 'request.?tracker'];
/** Files that may name a helpdesk: its own folder, the registry, and the settings. */
const VENDOR_ROOMS = ['helpdesks', 'config'];

const LINES_MAX = 300;
const FUNCTION_LINES_MAX = 60;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts')).map((name) => join(src, name)).sort();

function roomOf(file: string): string {
  const [first = '', second, third] = relative(src, file).split('/');
  if (first === 'helpdesks' && third !== undefined) return `helpdesks/${second ?? ''}`;
  return first.replace(/\.ts$/, '');
}

function ruleOf(room: string): readonly string[] | undefined {
  return MAY_IMPORT[room.startsWith('helpdesks/') ? 'helpdesks/*' : room];
}

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): readonly Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ from: node.moduleSpecifier.text, typeOnly: ts.isImportDeclaration(node) && node.importClause?.isTypeOnly === true });
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [name] = node.arguments;
      if (name && ts.isStringLiteral(name)) found.push({ from: name.text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function functionsOf(file: string): readonly { readonly name: string; readonly lines: number }[] {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: { name: string; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const body = text.slice(node.getStart(source), node.end).split('\n');
      const lines = body.filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/\*|\*)/.test(line)).length;
      found.push({ name: node.name?.getText(source) ?? `line ${source.getLineAndCharacterOfPosition(node.pos).line + 1}`, lines });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const short = (file: string): string => relative(root, file);

describe('the import table', () => {
  it('knows every room', () => {
    const rooms = [...new Set(files.map(roomOf))].filter((room) => !['cli', 'main'].includes(room) && !room.startsWith('main'));
    expect(rooms.filter((room) => ruleOf(room) === undefined)).toEqual([]);
  });

  it('is kept', () => {
    const broken = files.flatMap((file) => {
      const room = roomOf(file);
      const allowed = ruleOf(room);
      if (allowed === undefined) return [];
      return importsOf(file).filter(({ from }) => from.startsWith('.')).flatMap(({ from, typeOnly }) => {
        const target = roomOf(resolve(dirname(file), from.replace(/\.js$/, '.ts')));
        const kind = target.startsWith('helpdesks/') ? 'helpdesks/*' : target;
        if (target === room || allowed.includes(kind)) return room === 'web' && target !== 'web' && !typeOnly ? [`${short(file)}: only types from ${target}`] : [];
        return [`${short(file)} imports ${target}`];
      });
    });
    expect(broken).toEqual([]);
  });

  it.each(BRIDGE_FOLDERS.map((folder, place) => ({ folder, known: BRIDGE_FOLDERS.slice(0, place) })))('lets bridge/$folder know only the folders before it', ({ folder, known }) => {
    const inFolder = (file: string): string | undefined => /^src\/bridge\/([\w-]+)\//.exec(short(file))?.[1];
    const own = files.filter((file) => inFolder(file) === folder);
    const broken = own.flatMap((file) => importsOf(file).map(({ from }) => inFolder(resolve(dirname(file), from)))
      .filter((target) => target !== undefined && target !== folder && !known.includes(target)).map((target) => `${short(file)} imports ${target ?? ''}`));
    expect(own).not.toEqual([]);
    expect(broken).toEqual([]);
  });

  it('lets nobody import the composition root', () => {
    const broken = files.filter((file) => roomOf(file) !== 'cli' && !roomOf(file).startsWith('main'))
      .filter((file) => importsOf(file).some(({ from }) => /\/(main|cli)(\/[\w-]+)?\.js$/.test(from)));
    expect(broken.map(short)).toEqual([]);
  });

  it('keeps core free of packages and I/O', () => {
    const foreign = files.filter((file) => roomOf(file) === 'core')
      .flatMap((file) => importsOf(file).filter(({ from, typeOnly }) => !from.startsWith('.') && from !== 'zod' && !typeOnly).map(({ from }) => `${short(file)}: ${from}`));
    expect(foreign).toEqual([]);
  });

  it('keeps each library in its room', () => {
    const strays = files.flatMap((file) => importsOf(file)
      .filter(({ from }) => PACKAGE_ROOMS[from] !== undefined && !PACKAGE_ROOMS[from]?.some((room) => roomOf(file) === room || roomOf(file).startsWith(`${room}/`)))
      .map(({ from }) => `${short(file)}: ${from}`));
    expect(strays).toEqual([]);
  });

  it('has no catch-all rooms', () => {
    expect(files.filter((file) => /\/(utils?|common|lib|services?|helpers?)(\/|\.ts)/.test(file)).map(short)).toEqual([]);
  });
});

describe('words', () => {
  it('names a helpdesk only where it is spoken to or configured', () => {
    const pattern = new RegExp(`\\b(${VENDORS.join('|')})\\b`, 'i');
    const strays = files.filter((file) => !VENDOR_ROOMS.some((room) => roomOf(file).startsWith(room)))
      .filter((file) => pattern.test(readFileSync(file, 'utf8'))).map(short);
    expect(strays).toEqual([]);
  });

  it('starts each room with a sentence that says what belongs there', () => {
    const rooms = [...new Set(files.map(roomOf))].filter((room) => !['cli', 'config', 'web'].includes(room) && !room.startsWith('main'));
    const silent = rooms.filter((room) => !files.some((file) => roomOf(file) === room && /^\/\*\*[\s\S]{0,40}What belongs here/.test(readFileSync(file, 'utf8'))));
    expect(silent).toEqual([]);
  });
});

describe('sizes', () => {
  it(`keeps every file under ${LINES_MAX} lines`, () => {
    const large = files.map((file) => ({ file: short(file), lines: readFileSync(file, 'utf8').split('\n').length - 1 })).filter(({ lines }) => lines > LINES_MAX);
    expect(large).toEqual([]);
  });

  it(`keeps every function under ${FUNCTION_LINES_MAX} lines`, () => {
    const large = files.filter((file) => file.endsWith('.ts')).flatMap((file) => functionsOf(file).filter(({ lines }) => lines > FUNCTION_LINES_MAX).map(({ name, lines }) => `${short(file)} ${name}: ${lines}`));
    expect(large).toEqual([]);
  });
});

describe('time', () => {
  it('is read only through the port', () => {
    const pattern = /Date\.now\(|new Date\(\)|setTimeout\(|setInterval\(|performance\.now\(/;
    // The clock itself; sockets and probes, whose deadlines are theirs alone; and the browser, where a page has no ports.
    const allowed = (file: string): boolean => ['web', 'http', 'observe'].includes(roomOf(file)) || /\/(system-clock|telegram\/client)\.ts$/.test(file);
    expect(files.filter((file) => !allowed(file) && pattern.test(readFileSync(file, 'utf8'))).map(short)).toEqual([]);
  });
});
