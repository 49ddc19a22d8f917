import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FrameLocator, Page } from 'playwright-core';
import { findBrowser, namelessControls, openDemo, picture, START_MS, type DemoInBrowser } from './browser-fixture.js';

const executable = findBrowser();

(executable === undefined ? describe.skip : describe)('what is changed afterwards, in a browser (skipped without chromium)', () => {
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
  const answer = async (text: string): Promise<void> => {
    await desk.getByRole('textbox', { name: 'Answer to the customer' }).fill(text);
    await desk.getByRole('textbox', { name: 'Answer to the customer' }).press('Control+Enter');
    await phone().getByText(text).waitFor();
  };
  const commentWith = (text: string) => desk.locator('li.comment').filter({ hasText: text });

  it('shows an agent what a customer edited, with what it was', async () => {
    await demo.say('My order 48213 did not come.');
    await desk.getByRole('button', { name: /My order/ }).click();
    await phone().getByRole('button', { name: 'Edit' }).click();
    const box = phone().getByRole('textbox', { name: 'Edit' });
    await box.fill('My order 48231 did not come.');
    await picture(page, 'customer-edits');
    await box.press('Enter');
    await commentWith('The requester edited a message').getByText('My order 48231 did not come.').waitFor();
    expect(await commentWith('The requester edited a message').locator('s').allInnerTexts()).toEqual(['48213']);
    await phone().getByText('edited').waitFor();
  });

  it('brings an agent\'s edit to the phone, and the caption of an album', async () => {
    await answer('It comes on Tuesday.');
    await commentWith('It comes on Tuesday.').getByRole('button', { name: 'Edit' }).click();
    const editor = desk.getByRole('textbox', { name: 'Edit' });
    await editor.press('Control+A');
    await editor.pressSequentially('It comes on Wednesday.');
    await picture(page, 'agent-edits');
    expect(await namelessControls(page)).toEqual([]);
    await editor.press('Control+Enter');
    await phone().getByText('It comes on Wednesday.').waitFor();
    expect(await phone().getByText('It comes on Tuesday.').count()).toBe(0);
    await picture(page, 'agent-edited');
  });

  it('takes an answer off the phone that is hidden, and brings it back when it is shown', async () => {
    await answer('The margin is 40 percent.');
    await commentWith('The margin').locator('.delivered').waitFor();
    await commentWith('The margin').getByRole('button', { name: 'Hide from the customer' }).click();
    await phone().getByText('The margin').waitFor({ state: 'detached' });
    await picture(page, 'agent-hides');
    // What left their chat is not marked as delivered.
    await commentWith('The margin').locator('.delivered').waitFor({ state: 'detached' });
    const publish = commentWith('The margin').getByRole('button', { name: 'Send to the customer' });
    const question = commentWith('The margin').getByRole('alertdialog', { name: 'Send to the customer' });
    await publish.click();
    await question.locator('button:focus', { hasText: 'Cancel' }).waitFor();
    await page.keyboard.press('Enter');
    await question.waitFor({ state: 'detached' });
    expect(await phone().getByText('The margin').count()).toBe(0);
    await publish.click();
    await question.getByRole('button', { name: 'Send to the customer' }).click();
    await phone().getByText('The margin').waitFor();
  });

  it('takes away what is deleted, and leaves a mark for agents', async () => {
    await commentWith('The margin').getByRole('button', { name: 'Delete' }).click();
    await commentWith('The margin').getByRole('alertdialog', { name: 'Delete' }).getByRole('button', { name: 'Delete' }).click();
    await phone().getByText('The margin').waitFor({ state: 'detached' });
    await desk.locator('li.comment').getByText(/Deleted by/).waitFor();
    expect(await commentWith('Deleted by').getByRole('button').count()).toBe(0);
    await picture(page, 'agent-deletes');
  });

  it('changes the caption of several photos that a customer sent together', async () => {
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.evaluate('crypto.randomUUID = undefined'); // as where the page has no TLS
    await page.getByRole('menuitem', { name: 'Three sample photos' }).click();
    await desk.locator('li.comment').locator('img').nth(2).waitFor();
    await phone().getByRole('button', { name: 'Edit' }).last().click();
    await phone().getByRole('textbox', { name: 'Edit' }).fill('The parcel, from three sides');
    await page.keyboard.press('Enter');
    await commentWith('The parcel, from three sides').waitFor();
    await picture(page, 'album-edited');
  });

  it('provokes no errors', () => {
    expect(demo.errors).toEqual([]);
  });
});
