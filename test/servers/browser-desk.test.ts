import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startEmulator, type RunningEmulator } from '../../src/demo/emulator/index.js';
import { drawPortrait } from '../../src/demo/portraits.js';
import { systemClock } from '../../src/main/system-clock.js';
import { eventually, runProgram, temporaryFolder, type Program } from '../e2e/program.js';
import { findBrowser, hiddenFocus, holds, launchBrowser, namelessControls, openPage, picture, START_MS, STEP_MS } from './browser-fixture.js';

const executable = findBrowser();
const TOKEN = '7000000077:token-for-the-desk-page-test';
const AGENT_TOKEN = 'agent-token-of-the-page-test';

(executable === undefined ? describe.skip : describe)('the desk page alone, with sign-in (skipped without chromium)', () => {
  let emulator: RunningEmulator;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let program: Program;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  let requester: number;

  beforeAll(async () => {
    emulator = await startEmulator({ clock: systemClock, tokens: [TOKEN] });
    folder = await temporaryFolder();
    program = runProgram(['start'], {
      TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_ROOT: emulator.url, PORT: '0', DATA_DIR: folder.path, SWEEP_SECONDS: '1',
      DESK_AGENT_NAME: 'Dana', DESK_AGENT_TOKEN: AGENT_TOKEN,
    });
    const url = String((await program.logged('listening'))['url']);
    await program.logged('started');
    browser = await launchBrowser(executable ?? '');
    ({ page, errors } = await openPage(browser, `${url}/desk/`, { width: 1280, height: 800 }));
    requester = emulator.world.addUser({ name: 'Mira', languageCode: 'en' }).id;
  }, START_MS);

  afterAll(async () => {
    await browser?.close();
    program?.kill('SIGTERM');
    await program?.ended;
    await emulator?.stop();
    await folder?.remove();
  }, START_MS);

  const answersOnPhone = () => emulator.world.chat(requester).messages.flatMap(({ message }) => (message.from?.is_bot === true ? [message.text ?? ''] : []));
  const onPhone = (text: string) => eventually(() => answersOnPhone().find((one) => one.includes(text)), STEP_MS, `"${text}" on the phone`);

  /** What stood in the field is on the ticket. */
  const sent = () => page.locator('.composer textarea:not([readonly]):placeholder-shown').waitFor();

  it('asks who it is, names every field, and refuses a wrong token', async () => {
    await page.getByLabel('Name').fill('Dana');
    await page.getByLabel('Token').fill('wrong-token');
    expect(await namelessControls(page)).toEqual([]);
    await picture(page, 'desk-sign-in');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The name or the token is wrong').waitFor();
    // The browser itself reports every 401, here before signing in and for the wrong token.
    expect(errors.splice(0).every((error) => error.includes('401'))).toBe(true);
  });

  it('lets the agent in, and keeps them signed in after a reload', async () => {
    await page.getByLabel('Token').fill(AGENT_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('Nothing here yet').waitFor();
    await page.reload();
    await page.getByText('Nothing here yet').waitFor();
    await page.getByText('Dana').waitFor();
    await picture(page, 'desk-empty');
  });

  it('can be used with the keyboard alone', async () => {
    emulator.world.say(requester, 'First question');
    await page.getByRole('button', { name: /First question/ }).waitFor();
    const other = emulator.world.addUser({ name: 'Omar', languageCode: 'en' }).id;
    emulator.world.say(other, 'Second question');
    await page.getByRole('button', { name: /Second question/ }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /First question/ }).waitFor();
    await page.keyboard.press('r');
    await page.keyboard.type('It is **ready**');
    await page.keyboard.press('Control+Enter');
    await onPhone('It is ready');
    // The customer may have it before the page knows that it is sent; until then its field takes no letters.
    await sent();
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    await page.keyboard.type('Only for colleagues');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('log').getByText('Only for colleagues').waitFor();
    await picture(page, 'desk-ticket');
    expect(answersOnPhone().join()).not.toContain('Only for colleagues');
  });

  it('shows who asks: photo, name, link, language, phone; letters where there is no photo', async () => {
    const known = emulator.world.addUser({ name: 'Aigerim', lastName: 'Sarsenova', username: 'aigerim_s', languageCode: 'kk' }).id;
    emulator.world.setPhoto(known, drawPortrait(0));
    emulator.world.say(known, 'Third question');
    emulator.world.sendContact(known, { phone_number: '+77010000001', first_name: 'Aigerim', user_id: known });
    await page.getByRole('button', { name: /Third question|77010000001/ }).click();
    const panel = page.getByRole('region', { name: 'Customer' });
    await panel.getByRole('img', { name: 'Photo of Aigerim Sarsenova' }).waitFor();
    await holds(page, 'document.querySelector("img.avatar")?.naturalWidth === 160');
    expect(await panel.getByRole('link', { name: '@aigerim_s' }).getAttribute('href')).toBe('https://t.me/aigerim_s');
    await panel.getByRole('link', { name: '+77010000001' }).waitFor();
    await panel.getByText('Kazakh', { exact: true }).waitFor();
    await picture(page, 'desk-requester');
    await page.getByRole('button', { name: /First question/ }).click();
    await panel.getByText('Mira', { exact: true }).waitFor();
    expect(await panel.getByRole('img').count()).toBe(0);
    await panel.getByText('M', { exact: true }).waitFor();
  });

  it('opens a new ticket for the customer, by keyboard, and it starts on their phone', async () => {
    const open = page.getByRole('button', { name: 'New ticket' });
    await open.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'New ticket for Mira' });
    await dialog.waitFor();
    expect(await namelessControls(page)).toEqual([]);
    expect(await hiddenFocus(page, 7)).toEqual([]);
    expect(await dialog.getByRole('button', { name: 'Send to the customer' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Subject').focus();
    await page.keyboard.type('Your refund');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    // The ticket behind stays, the focus is where it was, and so is what was typed.
    await page.getByRole('heading', { name: /First question/ }).waitFor();
    await page.keyboard.press('Enter');
    expect(await dialog.getByLabel('Subject').inputValue()).toBe('Your refund');
    // Asked for again before the browser has told that it is closed: it is open.
    await page.evaluate(`(() => {
      document.querySelector('dialog[open]').close();
      document.querySelector('.requester button').click();
    })()`);
    await holds(page, 'document.querySelectorAll("dialog").length === 1 && document.querySelector("dialog[open]") !== null');
    expect(await dialog.getByLabel('Subject').inputValue()).toBe('Your refund');
    await dialog.getByLabel('Text').fill('It is on its **way**');
    await picture(page, 'desk-new-ticket');
    await dialog.getByLabel('Text').press('Control+Enter');
    await page.getByRole('heading', { name: /Your refund/ }).waitFor();
    await onPhone('It is on its way');
    await page.getByRole('button', { name: /First question/ }).click();
    await page.getByRole('heading', { name: /First question/ }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('saves once what is sent again because the answer was lost, says so when it was changed, and loses no letter of a draft', async () => {
    const write = page.getByRole('textbox', { name: 'Answer to the customer' });
    const send = page.getByRole('region', { name: 'Answer to the customer' }).getByRole('button', { name: 'Send to the customer' });
    const stored = (count: number) => eventually(async () => (await page.locator('.history').getByText(/^Lost (and found|again)$/).count()) === count || undefined, STEP_MS, `${count} comments`);
    const loseAnswer = () => page.route('**/comments', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    await page.getByRole('radio', { name: 'Answer to the customer' }).click();
    await write.fill('Lost and foun');
    // The last letter, and away before the page is painted again.
    await page.evaluate(`(() => {
      const area = document.querySelector('.composer textarea');
      area.value += 'd';
      area.dispatchEvent(new Event('input', { bubbles: true }));
      location.hash = '#/';
    })()`);
    await write.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /First question/ }).click();
    await page.getByRole('heading', { name: /First question/ }).waitFor();
    expect(await write.inputValue()).toBe('Lost and found');
    await loseAnswer();
    await send.click();
    await page.getByRole('alert').getByText('not saved').waitFor();
    // Away and back: it goes under the same key.
    await page.getByRole('button', { name: /Your refund/ }).click();
    await page.getByRole('heading', { name: /Your refund/ }).waitFor();
    await page.getByRole('button', { name: /First question/ }).click();
    await page.getByRole('heading', { name: /First question/ }).waitFor();
    expect(await write.inputValue()).toBe('Lost and found');
    await send.click();
    await sent();
    await stored(1);
    await loseAnswer();
    await write.fill('Lost again');
    await send.click();
    await page.getByRole('alert').getByText('not saved').waitFor();
    await write.fill('And more');
    await send.click();
    await page.getByRole('alert').getByText('was saved already').waitFor();
    await picture(page, 'desk-written-before');
    await send.click();
    await onPhone('And more');
    await sent();
    await stored(2);
    expect(answersOnPhone().filter((text) => /Lost|And more/.test(text)).map((text) => text.split('\n').at(-1))).toEqual(['Lost and found', 'Lost again', 'And more']);
    // The browser itself reports what was cut off, and the refusal.
    expect(errors.splice(0).every((error) => /ERR_FAILED|409/.test(error))).toBe(true);
  });

  it('names every control, shows the focus, and helps with the keys', async () => {
    expect(await namelessControls(page)).toEqual([]);
    expect(await hiddenFocus(page, 25)).toEqual([]);
    await page.getByRole('log').focus();
    await page.keyboard.press('Shift+?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await picture(page, 'desk-keys');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('/');
    await page.keyboard.type('Second');
    await page.getByRole('button', { name: /First question/ }).waitFor({ state: 'hidden' });
    await page.getByRole('searchbox').fill('');
  });

  it('speaks the language that the agent picks', async () => {
    for (const [language, word] of [['kk', 'Барлық кезек'], ['ru', 'Все очереди'], ['en', 'All queues']] as const) {
      await page.locator('select.language').selectOption(language);
      await page.locator('option', { hasText: word }).waitFor({ state: 'attached' });
      await page.locator(`html[lang="${language}"]`).waitFor({ state: 'attached' });
    }
  });

  it('shows list and ticket one at a time on a narrow screen', async () => {
    await page.setViewportSize({ width: 420, height: 800 });
    await page.getByRole('button', { name: 'Back to the list' }).click();
    await page.getByRole('button', { name: /Second question/ }).click();
    await page.getByRole('button', { name: /Second question/ }).waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    await picture(page, 'desk-narrow');
    await page.getByRole('button', { name: 'Back to the list' }).click();
  });

  it('signs out for good', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    await page.reload();
    await page.getByLabel('Token').waitFor();
    expect(errors.filter((error) => !error.includes('401'))).toEqual([]);
  });
});
