import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { runProgram, type Program } from '../e2e/program.js';
import { findBrowser, launchBrowser, namelessControls, openPage, picture } from './browser-fixture.js';

const executable = findBrowser();

(executable === undefined ? describe.skip : describe)('reactions of agents, in a browser (skipped without chromium)', () => {
  let program: Program;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  let desk: FrameLocator;

  beforeAll(async () => {
    program = runProgram(['demo', '--port', '0'], {});
    const url = String((await program.logged('listening'))['url']);
    await program.logged('started');
    browser = await launchBrowser(executable ?? '');
    ({ page, errors } = await openPage(browser, url));
    desk = page.frameLocator('iframe');
    await page.getByRole('tab', { name: 'Emma' }).click();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    program?.kill('SIGTERM');
    await program?.ended;
  }, 60_000);

  const phone = () => page.getByRole('log', { name: /Clarke/ });
  const onPhone = (emoji: string) => phone().getByRole('img', { name: `Reaction of the company: ${emoji}` });
  const commentWith = (text: string) => desk.locator('li.comment.is-requester').filter({ hasText: text });
  const say = async (text: string): Promise<void> => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.keyboard.press('Enter');
  };

  it('bring an emoji to the customer\'s own message', async () => {
    await say('My order 48213 did not come.');
    await desk.getByRole('button', { name: /My order/ }).click();
    await say('It is here now, thank you!');
    const comment = commentWith('It is here now');
    await comment.hover();
    await picture(page, 'reaction-choice');
    await comment.getByRole('button', { name: 'React with ❤️' }).click();
    await onPhone('❤').waitFor();
    expect(await comment.getByRole('button', { name: 'React with ❤️', pressed: true }).count()).toBe(1);
    await page.mouse.move(5, 5);
    await picture(page, 'reaction');
    expect(await namelessControls(page)).toEqual([]);
    expect(await phone().locator('.row', { hasText: 'It is here now' }).getByRole('img', { name: /Reaction of the company/ }).count()).toBe(1);
  });

  it('are put, changed and taken back by keyboard', async () => {
    const comment = commentWith('My order 48213');
    await comment.getByRole('button', { name: 'React with 👍' }).focus();
    await page.keyboard.press('Enter');
    await onPhone('👍').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await onPhone('🙏').waitFor();
    await onPhone('👍').waitFor({ state: 'detached' });
    await comment.getByRole('button', { name: 'React with 🙏' }).press('Enter');
    await onPhone('🙏').waitFor({ state: 'detached' });
  });

  it('provoke no errors', () => {
    expect(errors).toEqual([]);
  });
});
