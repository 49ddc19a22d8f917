import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FrameLocator, Page } from 'playwright-core';
import { findBrowser, namelessControls, openDemo, picture, START_MS, type DemoInBrowser } from './browser-fixture.js';

const executable = findBrowser();

(executable === undefined ? describe.skip : describe)('reactions of agents, in a browser (skipped without chromium)', () => {
  let demo: DemoInBrowser;
  let page: Page;
  let desk: FrameLocator;

  beforeAll(async () => {
    demo = await openDemo(executable ?? '');
    ({ page, desk } = demo);
    await page.getByRole('tab', { name: 'Emma' }).click();
  }, START_MS);
  afterAll(() => demo?.close(), START_MS);

  const phone = () => page.getByRole('log', { name: /Clarke/ });
  const onPhone = (emoji: string) => phone().getByRole('img', { name: `Reaction of the company: ${emoji}` });
  const commentWith = (text: string) => desk.locator('li.comment.is-requester').filter({ hasText: text });

  it('bring an emoji to the customer\'s own message', async () => {
    await demo.say('My order 48213 did not come.');
    await desk.getByRole('button', { name: /My order/ }).click();
    await demo.say('It is here now, thank you!');
    const comment = commentWith('It is here now');
    await comment.hover();
    await picture(page, 'reaction-choice');
    await comment.getByRole('button', { name: 'React with ❤️' }).click();
    await onPhone('❤').waitFor();
    await comment.getByRole('button', { name: 'React with ❤️', pressed: true }).waitFor();
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
    // The phone may know before the desk's page does.
    await comment.getByRole('button', { name: 'React with 🙏', pressed: true }).press('Enter');
    await onPhone('🙏').waitFor({ state: 'detached' });
  });

  it('provoke no errors', () => {
    expect(demo.errors).toEqual([]);
  });
});
