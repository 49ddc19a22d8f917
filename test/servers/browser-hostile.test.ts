/** Hostile names, texts and files in a real browser: the desk page and the demo page run no script of a stranger's, open no dialog and ask nobody else. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startEmulator, type RunningEmulator } from '../../src/demo/emulator/index.js';
import { systemClock } from '../../src/main/system-clock.js';
import { eventually, runProgram, temporaryFolder, type Program } from '../e2e/program.js';
import { fetchingHtml, startTrap, type Listener } from '../security/trap.js';
import { findBrowser, launchBrowser, openPage, START_MS } from './browser-fixture.js';

const executable = findBrowser();
const TOKEN = '7000000078:token-for-the-hostile-page-test';
const AGENT_TOKEN = 'agent-token-of-the-hostile-test';
const MARK = 'window.__ran=(window.__ran||0)+1';
const payloads = (url: string): readonly string[] => [
  `<img src=x onerror="${MARK}">`, `"><script>${MARK}</script>`, `'><svg onload='${MARK}'>`, `<iframe srcdoc="<script>parent.${MARK}</script>"></iframe>`, `javascript:${MARK}`, `<a href="javascript:${MARK}">x</a>`,
  `</textarea></title></style><script>${MARK}</script>`, `{{constructor.constructor('${MARK}')()}}`, '${alert(1)}', `<math><mtext><table><mglyph><style><img src=x onerror="${MARK}">`, `<img src="${url}/pixel.png">`, `<b style="background:url(${url}/css.png)">`, '\u202e<script>alert(1)</script>\u202c', '<!--<img src="--><img src=x onerror=alert(1)//">',
];

(executable === undefined ? describe.skip : describe)('hostile words in the pages (skipped without chromium)', () => {
  let emulator: RunningEmulator;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let browser: Browser;
  let trap: Listener;
  const programs: Program[] = [];

  beforeAll(async () => {
    trap = await startTrap();
    emulator = await startEmulator({ clock: systemClock, tokens: [TOKEN] });
    folder = await temporaryFolder();
    browser = await launchBrowser(executable ?? '');
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    for (const program of programs) {
      program.kill('SIGTERM');
      await program.ended;
    }
    await emulator?.stop();
    await folder?.remove();
    await trap?.close();
  }, START_MS);

  /** Everything that would show that a word became more than a word. */
  async function expectHarmless(page: Page, errors: readonly string[]): Promise<void> {
    const found = await page.evaluate(`({ ran: window.__ran ?? 0, scripts: [...document.querySelectorAll('script:not([src])')].length, frames: [...document.querySelectorAll('iframe[srcdoc]')].length,
      handlers: [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter((one) => /^on/i.test(one.name)).length,
      links: [...document.querySelectorAll('a[href]')].map((one) => one.protocol).filter((one) => !['http:', 'https:', 'mailto:', 'tel:', 'blob:'].includes(one)),
      pictures: [...document.querySelectorAll('img')].map((one) => one.currentSrc || one.src).filter((src) => src !== '' && !src.startsWith(location.origin) && !/^(data|blob):/.test(src)) })`);
    expect(found).toEqual({ ran: 0, scripts: 0, frames: 0, handlers: 0, links: [], pictures: [] });
    expect(errors).toEqual([]);
    expect(trap.asked).toEqual([]);
  }

  it('on the desk: names, subjects, texts, captions, file names, HTML of colleagues', async () => {
    const program = runProgram(['start'], { TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_ROOT: emulator.url, PORT: '0', DATA_DIR: folder.path, SWEEP_SECONDS: '1', DESK_AGENT_NAME: 'Dana', DESK_AGENT_TOKEN: AGENT_TOKEN, HELPDESK_TOKEN: 'api-token-of-the-hostile-test' });
    programs.push(program);
    const url = String((await program.logged('listening'))['url']);
    await program.logged('started');
    const texts = payloads(trap.url);
    const users = texts.map((text) => emulator.world.addUser({ name: text, lastName: text, username: 'mallory', languageCode: 'en' }).id);
    for (const [index, user] of users.entries()) {
      emulator.world.setPhoto(user, Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="${MARK}"><script>${MARK}</script></svg>`));
      emulator.world.say(user, `${texts[index] ?? ''} first`);
      await emulator.world.sendFile(user, { kind: 'document', name: `${texts[index] ?? ''}.svg`, mediaType: 'image/svg+xml', caption: texts[index] ?? '', bytes: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="${MARK}"><script>${MARK}</script></svg>`) });
      await emulator.world.sendFile(user, { kind: 'document', name: 'page.html', mediaType: 'text/html', bytes: Buffer.from(`<script>${MARK}</script>`) });
    }
    await eventually(() => (emulator.world.pendingUpdates() === 0 ? true : undefined), 120_000, 'everything is filed');
    const bridge = { authorization: 'Bearer api-token-of-the-hostile-test', 'content-type': 'application/json' };
    const { tickets } = await (await fetch(`${url}/desk/api/tickets?limit=200`, { headers: bridge })).json() as { tickets: { id: string; number: string }[] };
    expect(tickets).toHaveLength(texts.length);
    for (const ticket of tickets) {
      const html = [fetchingHtml(trap.url), ...texts].join('<p></p>');
      const answer = await fetch(`${url}/desk/api/tickets/${ticket.id}/comments`, { method: 'POST', headers: bridge, body: JSON.stringify({ visibility: 'internal', html }) });
      expect(answer.status).toBe(201);
    }

    const { page, errors } = await openPage(browser, `${url}/desk/`);
    await page.getByLabel('Name').fill('Dana');
    await page.getByLabel('Token').fill(AGENT_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('Dana').waitFor();
    errors.splice(0); // the browser reports the 401 before signing in
    for (const ticket of tickets) {
      await page.goto(`${url}/desk/#/tickets/${ticket.id}`);
      // The ticket before it is left a moment after the address changed.
      await page.getByRole('heading', { name: `#${ticket.number}` }).waitFor();
      await page.getByText('page.html').first().waitFor();
      await page.getByText('after').last().waitFor();
      await page.locator('img.avatar').waitFor({ state: 'detached' }); // a picture that is none goes when the browser has found out
      await expectHarmless(page, errors);
    }
    // A file opened by its address, as from a link that somebody was sent.
    const { comments } = await (await fetch(`${url}/desk/api/tickets/${tickets[0]?.id ?? ''}/comments`, { headers: bridge })).json() as { comments: { files: { id: string }[] }[] };
    for (const file of comments.flatMap((comment) => comment.files)) {
      const loaded = await page.goto(`${url}/desk/api/files/${file.id}`).catch(() => undefined); // a download is no page
      expect(loaded).toBeUndefined();
    }
    await page.context().close();
  }, 600_000);

  it('on the demo: what customers write and what agents answer', async () => {
    const program = runProgram(['demo', '--port', '0'], {});
    programs.push(program);
    const url = await eventually(() => /Deskbridge demo: (http:\S+)/.exec(program.output())?.[1], 60_000, 'the demo says where it is');
    const post = (path: string, body: object): Promise<Response> => fetch(`${url}${path}`, { method: 'POST', headers: { 'x-deskbridge-demo': '1', 'x-desk-page': '1', 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const texts = payloads(trap.url);
    for (const text of texts) {
      const { chat } = await (await post('/demo/users', { name: text.slice(0, 60), language: 'en' })).json() as { chat: number };
      expect((await post('/demo/say', { chat, text })).status).toBe(200);
    }
    await eventually(async () => ((await (await fetch(`${url}/desk/api/tickets?limit=200`)).json() as { tickets: unknown[] }).tickets.length === texts.length ? true : undefined), 120_000, 'everything is filed');
    const { tickets } = await (await fetch(`${url}/desk/api/tickets?limit=200`)).json() as { tickets: { id: string }[] };
    for (const [index, ticket] of tickets.entries()) expect((await post(`/desk/api/tickets/${ticket.id}/comments`, { visibility: 'public', html: `<p>answer</p>${texts[index] ?? ''}${fetchingHtml(trap.url)}` })).status).toBe(201);
    const { page, errors } = await openPage(browser, url);
    await page.getByRole('tab').nth(texts.length).waitFor();
    const tabs = await page.getByRole('tab').all();
    expect(tabs.length).toBeGreaterThan(texts.length);
    for (const tab of tabs) {
      await tab.click();
      await expectHarmless(page, errors);
    }
    await page.context().close();
  }, 600_000);
});
