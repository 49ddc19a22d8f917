/** What belongs here: a real browser on the built program's pages: start, watch for errors, ask who has a name, take pictures. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type FrameLocator, type Page } from 'playwright-core';
import { eventually, runProgram } from '../e2e/program.js';

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Where the browser is; undefined = there is none, and the tests have a reason to be skipped. With CI=true that is an error. */
export function findBrowser(): string | undefined {
  const found = process.env['DESKBRIDGE_CHROMIUM'] ?? CHROMIUMS.find((file) => existsSync(file));
  if (found === undefined && process.env['CI'] === 'true') throw new Error('no chromium: set DESKBRIDGE_CHROMIUM');
  return found;
}

/** Until program and browser are there; machines that run tests are slow. */
export const START_MS = 180_000;
/** A limit and no assertion: what a step waits for is there after milliseconds on a machine that has nothing else to do. */
export const STEP_MS = 15_000;

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

/** A page in a browser profile of its own. */
export async function openPage(browser: Browser, url: string, { width = 1440, height = 900, locale = 'en', scheme = 'light' }: PageOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width, height }, locale, colorScheme: scheme });
  context.setDefaultTimeout(STEP_MS);
  context.setDefaultNavigationTimeout(START_MS);
  const page = await context.newPage();
  await slowDown(page);
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

/** As on a machine that is so many times slower, when DESKBRIDGE_SLOWER says how many: to find steps that do not wait for what they look at. */
async function slowDown(page: Page): Promise<void> {
  const rate = Number(process.env['DESKBRIDGE_SLOWER'] ?? 1);
  if (rate > 1) await (await page.context().newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate });
}

export interface DemoInBrowser extends Watched {
  readonly browser: Browser;
  readonly url: string;
  readonly desk: FrameLocator;
  /** What the customer writes on the phone. */
  say(text: string): Promise<void>;
  close(): Promise<void>;
}

/** The built demo in a browser: the phone, and the desk in its frame. */
export async function openDemo(executablePath: string): Promise<DemoInBrowser> {
  const program = runProgram(['demo', '--port', '0'], {});
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    program.kill('SIGTERM');
    await program.ended;
  };
  try {
    const url = String((await program.logged('listening'))['url']);
    await program.logged('started');
    browser = await launchBrowser(executablePath);
    const { page, errors } = await openPage(browser, url);
    const say = async (text: string): Promise<void> => {
      const field = page.getByRole('textbox', { name: 'Message' });
      await field.fill(text);
      await field.press('Enter');
    };
    return { browser, url, page, errors, desk: page.frameLocator('iframe'), say, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits until a script gives true. What Playwright has for this evaluates in the page whenever the first look is too early, and the pages' own policy forbids that. */
export async function holds(page: Page, script: string): Promise<void> {
  await eventually(async () => (await page.evaluate(script)) === true || undefined, STEP_MS, script);
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
