/** What comes between: answers that are late or overtaken, and people who are quicker than the page is painted. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FrameLocator, Page, Route } from 'playwright-core';
import { eventually } from '../e2e/program.js';
import { findBrowser, openDemo, openPage, START_MS, STEP_MS, type DemoInBrowser } from './browser-fixture.js';

const executable = findBrowser();

/** Holds back, of the answers of the server, the first one with each of these words: they are as old as the moment at which `read` knows them. */
async function holdBack(page: Page, address: string, ...words: readonly string[]) {
  const held = new Map<string, () => void>();
  // Without `times`: the browser lets go of all that is held as soon as the last of them was taken and one answered. What fails at the page's end is seen by nobody.
  await page.route(address, async (route: Route) => {
    const response = await route.fetch().catch(() => undefined);
    if (response === undefined) return;
    const body = await response.text().catch(() => '');
    const word = words.find((one) => !held.has(one) && body.includes(one));
    if (word !== undefined) await new Promise<void>((go) => { held.set(word, go); });
    await route.fulfill({ response }).catch(() => undefined);
  });
  return {
    read: (word: string) => eventually(() => held.has(word) || undefined, STEP_MS, `the answer with "${word}"`),
    release: (word: string) => { held.get(word)?.(); },
  };
}

(executable === undefined ? describe.skip : describe)('slow answers and quick people, in a browser (skipped without chromium)', () => {
  let demo: DemoInBrowser;
  let page: Page;
  let desk: FrameLocator;

  beforeAll(async () => {
    demo = await openDemo(executable ?? '');
    ({ page, desk } = demo);
    await page.getByRole('tab', { name: 'Emma' }).click();
    await demo.say('My order 48213 did not come.');
    await desk.getByRole('button', { name: /My order/ }).click();
    await desk.getByRole('log').getByText('My order').waitFor();
  }, START_MS);
  afterAll(() => demo?.close(), START_MS);

  const phone = () => page.getByRole('log', { name: /Clarke/ });
  /** What a new customer writes, without this page. */
  async function writes(name: string, text: string): Promise<void> {
    const post = async (path: string, data: object): Promise<unknown> => (await page.request.post(`${demo.url}${path}`, { data, headers: { 'x-deskbridge-demo': '1' } })).json();
    const { chat } = await post('/demo/users', { name }) as { readonly chat: number };
    await post('/demo/say', { chat, text });
  }
  const filed = (text: string) => eventually(async () => (await (await page.request.get(`${demo.url}/desk/api/tickets?limit=200`)).text()).includes(text) || undefined, STEP_MS, `"${text}" on a ticket`);

  it('the phone keeps what was said while it read everything again', async () => {
    const states = await holdBack(page, '**/demo/state', 'Omar');
    await writes('Omar', 'I am new here');
    await states.read('Omar');
    await demo.say('Said meanwhile');
    await phone().getByText('Said meanwhile').waitFor();
    states.release('Omar');
    await page.getByRole('tab', { name: 'Omar' }).waitFor();
    expect(await phone().getByText('Said meanwhile').count()).toBe(1);
  });

  it('the phone reads again what it could not read', async () => {
    await page.route('**/demo/state', (route) => route.abort(), { times: 1 });
    await writes('Mira', 'So am I');
    await page.getByRole('tab', { name: 'Mira' }).waitFor();
    expect(demo.errors.splice(0).every((error) => error.includes('ERR_FAILED'))).toBe(true);
  });

  it('the desk shows what came after it read its list, and before it heard of changes', async () => {
    const { page: other, errors } = await openPage(demo.browser, 'about:blank');
    let hears: () => void = () => undefined;
    const late = new Promise<void>((resolve) => { hears = resolve; });
    await other.route('**/desk/api/events', async (route) => {
      await late;
      await route.continue();
    });
    await other.goto(`${demo.url}/desk/`);
    await other.getByRole('button', { name: /My order/ }).waitFor();
    await writes('Dana', 'Between reading and hearing');
    await filed('Between reading and hearing');
    hears();
    await other.getByRole('button', { name: /Between reading and hearing/ }).waitFor();
    expect(errors).toEqual([]);
    await other.context().close();
  });

  it('the desk shows each answer when changes come faster than answers, and none that was overtaken', async () => {
    const { page: other } = await openPage(demo.browser, `${demo.url}/desk/`);
    await other.getByRole('button', { name: /My order/ }).waitFor();
    const lists = await holdBack(other, '**/desk/api/tickets?*', 'The first of three', 'The second of three');
    await writes('Bolat', 'The first of three');
    await filed('The first of three');
    await lists.read('The first of three');
    await writes('Saule', 'The second of three');
    await filed('The second of three');
    await lists.read('The second of three');
    lists.release('The first of three');
    await other.getByRole('button', { name: /The first of three/ }).waitFor();
    lists.release('The second of three');
    await other.getByRole('button', { name: /The second of three/ }).waitFor();
    await other.context().close();
  });

  it('a menu and an edited message have the keyboard as soon as they are there', async () => {
    const focusAfter = (selector: string): Promise<string> => page.evaluate<string>(`(async () => {
      document.querySelector(${JSON.stringify(selector)}).click();
      await Promise.resolve();
      return document.activeElement.getAttribute('role') ?? document.activeElement.tagName;
    })()`);
    expect(await focusAfter('button[aria-label="Attach"]')).toBe('menuitem');
    await page.keyboard.press('Escape');
    expect(await focusAfter('button[aria-label="Edit"]')).toBe('TEXTAREA');
    await page.keyboard.press('Escape');
  });

  it('the key that begins an answer works as soon as the ticket is there', async () => {
    await desk.locator('.row', { hasText: 'I am new here' }).waitFor({ state: 'attached' }); // behind the ticket, where the desk is narrow
    const frame = page.frames().find((one) => one.url().includes('/desk/'));
    const focused = await frame?.evaluate<string>(`new Promise((resolve) => {
      new MutationObserver((_changes, observer) => {
        if (!document.querySelector('h2')?.textContent.includes('I am new here') || document.querySelector('.composer textarea') === null) return;
        observer.disconnect();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'r', code: 'KeyR', bubbles: true }));
        resolve(document.activeElement.tagName);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
      [...document.querySelectorAll('.row')].find((row) => row.textContent.includes('I am new here')).click();
    })`);
    expect(focused).toBe('TEXTAREA');
  });

  it('what is typed while a picture is made stays', async () => {
    await page.evaluate(`(() => {
      const { toBlob } = HTMLCanvasElement.prototype;
      HTMLCanvasElement.prototype.toBlob = function (...all) { window.draw = () => toBlob.apply(this, all); };
    })()`);
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByRole('menuitem', { name: 'Sample photo', exact: true }).click();
    await page.getByRole('textbox', { name: 'Message' }).fill('Typed meanwhile');
    await page.evaluate('window.draw()');
    await phone().locator('img').waitFor();
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Typed meanwhile');
  });

  it('what an agent edits stays, though somebody else changes it meanwhile', async () => {
    await desk.getByRole('textbox', { name: 'Answer to the customer' }).fill('It comes on Tuesday.');
    await desk.getByRole('textbox', { name: 'Answer to the customer' }).press('Control+Enter');
    const comment = desk.locator('li.comment', { hasText: 'It comes on' });
    await comment.getByRole('button', { name: 'Edit' }).click();
    const editor = desk.getByRole('textbox', { name: 'Edit' });
    await editor.press('Control+End');
    await editor.pressSequentially(' Sorry!');
    const frame = page.frames().find((one) => one.url().includes('/desk/'));
    const ticket = new URL(frame?.url() ?? '').hash.replace('#/', '');
    const { comments } = await (await page.request.get(`${demo.url}/desk/api/${ticket}/comments`)).json() as { readonly comments: readonly { readonly id: string; readonly html: string }[] };
    const id = comments.find(({ html }) => html.includes('Tuesday'))?.id ?? '';
    await page.request.patch(`${demo.url}/desk/api/${ticket}/comments/${id}`, { data: { html: '<p>It comes on Monday.</p>' }, headers: { 'x-desk-page': '1' } });
    await comment.locator('.edited').waitFor();
    expect(await editor.innerText()).toContain('Tuesday. Sorry!');
    await editor.press('Escape');
    await comment.getByText('Monday').waitFor();
    // Escape says no, and leaves nothing else.
    await comment.getByRole('button', { name: 'Delete' }).click();
    await comment.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).press('Escape');
    await comment.getByRole('alertdialog').waitFor({ state: 'detached' });
    expect(await frame?.evaluate<string>('location.hash')).toBe(`#/${ticket}`);
  });

  it('a file that is chosen while an answer goes out is left for the next', async () => {
    const answers = await holdBack(page, '**/comments', '');
    const field = desk.getByRole('textbox', { name: 'Answer to the customer' });
    const choose = (name: string) => desk.locator('.composer input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(name) });
    await choose('first.txt');
    await desk.locator('.drafts', { hasText: 'first.txt' }).waitFor();
    await field.fill('See what I send');
    await desk.getByRole('button', { name: 'Send to the customer' }).and(desk.locator(':enabled')).last().waitFor();
    await field.press('Control+Enter');
    await answers.read('');
    await choose('second.txt');
    await desk.locator('.drafts', { hasText: 'second.txt' }).waitFor();
    answers.release('');
    await desk.locator('.drafts', { hasText: 'first.txt' }).waitFor({ state: 'detached' });
    expect(await desk.locator('.drafts li').allInnerTexts()).toEqual([expect.stringContaining('second.txt')]);
    expect(demo.errors).toEqual([]);
  });
});
