import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FrameLocator, Page } from 'playwright-core';
import { eventually } from '../e2e/program.js';
import { findBrowser, namelessControls, openDemo, picture, START_MS, STEP_MS, type DemoInBrowser } from './browser-fixture.js';

const executable = findBrowser();
/** What the phone says while an agent writes, by the language of the page. */
const WRITING = [['kk', 'Қазақша', 'бот жазып жатыр…'], ['ru', 'Русский', 'бот пишет…'], ['en', 'English', 'bot is writing…']] as const;

(executable === undefined ? describe.skip : describe)('an answer on its way, in a browser (skipped without chromium)', () => {
  let demo: DemoInBrowser;
  let page: Page;
  let desk: FrameLocator;
  /** What the desk page told its server of who writes. */
  const told: string[] = [];

  beforeAll(async () => {
    demo = await openDemo(executable ?? '');
    ({ page, desk } = demo);
    page.on('request', (request) => { if (request.url().endsWith('/typing')) told.push(request.postData() ?? ''); });
    await page.getByRole('tab', { name: 'Emma' }).click();
    await demo.say('Where is parcel 48213?');
    await desk.getByRole('button', { name: /parcel 48213/ }).click();
  }, START_MS);
  afterAll(() => demo?.close(), START_MS);

  const field = (name: string) => desk.getByRole('textbox', { name });
  const header = () => page.locator('.chat-title');
  const lastSign = (): unknown => (JSON.parse(told.at(-1) ?? '{}') as { readonly typing?: boolean }).typing;

  it('nobody hears of an internal comment that is being written', async () => {
    await desk.getByRole('radio', { name: 'Internal comment' }).click();
    await field('Internal comment').pressSequentially('Only for colleagues');
    await field('Internal comment').press('Control+Enter');
    await desk.getByRole('log').getByText('Only for colleagues').waitFor();
    expect(told).toEqual([]);
    expect(await header().innerText()).not.toContain('writing');
  });

  it.each(WRITING)('the phone shows that somebody writes (%s), and no more when they go on to an internal comment', async (language, name, words) => {
    // The desk is opened anew, in the language that was picked.
    await page.getByRole('button', { name }).click();
    await desk.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
    await desk.getByRole('button', { name: /parcel 48213/ }).click();
    told.length = 0;
    await desk.locator('.composer.is-public textarea').pressSequentially('It is on its');
    await header().getByText(words).waitFor();
    await picture(page, `delivery-typing-${language}`);
    expect(lastSign()).toBe(true);
    await desk.locator('.switch-choice.is-internal').click();
    await header().getByText(words).waitFor({ state: 'hidden' });
    expect(lastSign()).toBe(false);
    await desk.locator('.composer.is-internal textarea').pressSequentially(' (between us)');
    await desk.locator('.composer.is-internal textarea').fill('');
    expect(lastSign()).toBe(false);
  });

  it('what was sent is not being written any more, and carries a mark once it arrived', async () => {
    await desk.getByRole('radio', { name: 'Answer to the customer' }).click();
    await field('Answer to the customer').pressSequentially('It is on its way');
    await header().getByText('bot is writing…').waitFor();
    const arrival = page.evaluate<string>(`new Promise((resolve) => new MutationObserver((_changes, observer) => {
      if (![...document.querySelectorAll('.history .theirs')].some((one) => one.textContent.includes('It is on its way'))) return;
      observer.disconnect();
      resolve(document.querySelector('.chat-title').textContent);
    }).observe(document.querySelector('.phone'), { childList: true, subtree: true, characterData: true }))`);
    await field('Answer to the customer').press('Control+Enter');
    // In the picture in which the answer comes, nobody writes any more.
    expect(await arrival).not.toContain('writing');
    await header().getByText('writing').waitFor({ state: 'hidden' });
    const mark = desk.locator('.comment.is-answer .delivered');
    await mark.waitFor();
    expect(await mark.getAttribute('title')).toMatch(/^Delivered to the customer: \w+ \d+, \d{4} at \d+:\d+:\d+/u);
    expect(await mark.innerText()).toMatch(/^Delivered to the customer: \d+:\d+/u);
    expect(await desk.locator('.comment .delivered').count()).toBe(1);
    await eventually(() => lastSign() === false || undefined, STEP_MS, 'the desk hears that nobody writes');
    await picture(page, 'delivery-mark');
    expect(await namelessControls(page)).toEqual([]);
    expect(demo.errors).toEqual([]);
  });

  it('an answer to somebody who blocked the bot carries none', async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Block the bot' }).click();
    await desk.getByText('blocked the bot').first().waitFor();
    await field('Answer to the customer').fill('Are you there?');
    await field('Answer to the customer').press('Control+Enter');
    await desk.getByRole('log').getByText('Are you there?').waitFor();
    await desk.locator('.comment.is-warning').getByText('Are you there?').or(desk.locator('.comment.is-warning').nth(1)).first().waitFor();
    expect(await desk.locator('.comment .delivered').count()).toBe(1);
    await page.getByRole('button', { name: 'Unblock' }).click();
    await desk.locator('.comment .delivered').nth(1).waitFor();
    await picture(page, 'delivery-late');
  });
});
