/** What belongs here: a real browser on the built program's pages: start, watch for errors, ask who has a name, take pictures. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { eventually } from '../e2e/program.js';

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Where the browser is; undefined = there is none, and the tests have a reason to be skipped. With CI=true that is an error. */
export function findBrowser(): string | undefined {
  const found = process.env['DESKBRIDGE_CHROMIUM'] ?? CHROMIUMS.find((file) => existsSync(file));
  if (found === undefined && process.env['CI'] === 'true') throw new Error('no chromium: set DESKBRIDGE_CHROMIUM');
  return found;
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly locale?: string;
  readonly scheme?: 'light' | 'dark';
}

export interface Watched {
  readonly page: Page;
  /** Errors of the console and of scripts, and answers of the server that a page must not provoke. */
  readonly errors: string[];
}

/** A page in a browser profile of its own. Actions fail after five seconds. */
export async function openPage(browser: Browser, url: string, { width = 1440, height = 900, locale = 'en', scheme = 'light' }: PageOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height }, locale, colorScheme: scheme });
  context.setDefaultTimeout(5_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (line) => { if (line.type() === 'error' || line.type() === 'warning') errors.push(line.text()); });
  page.on('pageerror', (error) => { errors.push(error.message); });
  page.on('dialog', (dialog) => {
    errors.push(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, errors };
}

const HOLDS_MS = 15_000;

/** Waits until a script gives true. What Playwright has for this evaluates in the page whenever the first look is too early, and the pages' own policy forbids that. */
export async function holds(page: Page, script: string): Promise<void> {
  await eventually(async () => (await page.evaluate(script)) === true || undefined, HOLDS_MS, script);
}

/** A folder for pictures when DESKBRIDGE_SCREENSHOTS names one; else none are taken. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['DESKBRIDGE_SCREENSHOTS'];
  if (folder === undefined || folder === '') return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

const CONTROLS = new Set(['button', 'textbox', 'searchbox', 'combobox', 'checkbox', 'radio', 'switch', 'slider', 'link', 'tab', 'menuitem', 'dialog', 'image', 'Iframe']);

/** Roles of the controls that a screen reader could only call by their role; what the browser itself computes. */
export async function namelessControls(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const controls = nodes.filter((node) => !node.ignored && CONTROLS.has(String(node.role?.value)));
  if (controls.length === 0) throw new Error('the page has no controls: it was not ready');
  return controls.filter((node) => String(node.name?.value ?? '').trim() === '').map((node) => String(node.role?.value));
}

/** Walks with Tab; gives what had the focus without showing it. `steps` must be many enough to meet something. */
export async function hiddenFocus(page: Page, steps: number): Promise<readonly string[]> {
  const hidden: string[] = [];
  for (let step = 0; step < steps; step += 1) {
    await page.keyboard.press('Tab');
    const found: unknown = await page.evaluate(`(() => {
      const element = document.activeElement;
      if (element === null || element === document.body || element.tagName === 'IFRAME') return '';
      const shows = (one) => { const style = getComputedStyle(one); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none'; };
      return shows(element) || (element.parentElement !== null && shows(element.parentElement)) ? '' : element.outerHTML.slice(0, 120);
    })()`);
    if (typeof found === 'string' && found !== '') hidden.push(found);
  }
  return hidden;
}
