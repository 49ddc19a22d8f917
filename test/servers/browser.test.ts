import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FrameLocator, Page } from 'playwright-core';
import { runProgram } from '../e2e/program.js';
import { findBrowser, hiddenFocus, holds, namelessControls, openDemo, openPage, picture, START_MS, STEP_MS, type DemoInBrowser } from './browser-fixture.js';

const executable = findBrowser();
/** Generous: machines that run tests are slow. What people see is printed. */
const SOON_MS = STEP_MS;
const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>';

(executable === undefined ? describe.skip : describe)('the demo in a browser (skipped without chromium)', () => {
  let demo: DemoInBrowser;
  let page: Page;
  let desk: FrameLocator;

  beforeAll(async () => {
    demo = await openDemo(executable ?? '');
    ({ page, desk } = demo);
  }, START_MS);
  afterAll(() => demo?.close(), START_MS);

  const phone = () => page.getByRole('log', { name: /Clarke|Морозов|Сәрсенова|Customer/ });
  const become = (name: string) => page.getByRole('tab', { name }).click();
  const write = async (kind: 'Answer to the customer' | 'Internal comment', text: string): Promise<void> => {
    await desk.getByRole('radio', { name: kind }).click();
    await desk.getByRole('textbox', { name: kind }).fill(text);
    await desk.getByRole('textbox', { name: kind }).press('Control+Enter');
    await desk.getByRole('log').getByText(text.replaceAll('*', '').slice(0, 20)).first().waitFor();
  };
  const toList = () => desk.getByRole('button', { name: 'Back to the list' }).click();
  const timed = async (what: string, wait: Promise<void>): Promise<number> => {
    const startedMs = performance.now();
    await wait;
    const tookMs = performance.now() - startedMs;
    console.info(`${what}: ${Math.round(tookMs)} ms`);
    return tookMs;
  };

  it('gives every control of the empty page a name, and shows the focus', async () => {
    await page.getByRole('tab', { name: 'Emma' }).waitFor();
    expect(await namelessControls(page)).toEqual([]);
    expect(await hiddenFocus(page, 12)).toEqual([]);
    await picture(page, 'empty');
  });

  it('lets a customer pick a topic with the buttons of /start', async () => {
    await become('Emma');
    await page.getByRole('button', { name: '/start' }).click();
    await phone().getByRole('button', { name: 'Payments and bills' }).click();
    await phone().getByText('Now write your message').waitFor();
  });

  it('makes a message a ticket within seconds, with its topic, and sends the receipt', async () => {
    await page.getByRole('textbox', { name: 'Message' }).fill('Hello! I was charged twice for order 48213. Could you look into it?');
    const enter = page.keyboard.press('Enter');
    expect(await timed('from Enter to the ticket', enter.then(() => desk.getByRole('button', { name: /charged twice/ }).waitFor()))).toBeLessThan(SOON_MS);
    await phone().getByText('Your request has the number').waitFor();
    await desk.getByRole('button', { name: /charged twice/ }).click();
    await desk.locator('.head .tag').getByText('billing').waitFor();
  });

  it('keeps an internal comment from the phone, and brings an answer with its formatting', async () => {
    await desk.getByRole('button', { name: 'Take it' }).click();
    await write('Internal comment', 'The second charge was a retry of ours.');
    const sent = write('Answer to the customer', 'Sorry about that, Emma. We have **refunded the second charge**; see [your account](https://example.com/account).');
    expect(await timed('from Ctrl+Enter to the phone', sent.then(() => phone().locator('strong', { hasText: 'refunded the second charge' }).waitFor()))).toBeLessThan(SOON_MS);
    expect(await phone().getByRole('link', { name: 'your account' }).getAttribute('href')).toBe('https://example.com/account');
    expect(await phone().getByText('retry of ours').count()).toBe(0);
  });

  it('shows a photo from the phone in the desk, in view', async () => {
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByRole('menuitem', { name: 'Sample photo', exact: true }).click();
    const image = desk.locator('.picture img');
    await image.waitFor();
    await holds(page, `(() => { const frame = document.querySelector('iframe').contentDocument;
      const image = frame.querySelector('.picture img'); const box = frame.querySelector('.history');
      return image.naturalWidth > 0 && image.getBoundingClientRect().bottom <= box.getBoundingClientRect().bottom; })()`);
    await picture(page, 'demo');
  });

  it('tells the customer once that the ticket is solved', async () => {
    await desk.getByRole('button', { name: 'Solved', exact: true }).click();
    await phone().getByText(/is solved\./).waitFor();
    await demo.say('Thank you!');
    await desk.getByRole('log').getByText('Thank you!').waitFor();
    await desk.getByRole('button', { name: 'Open', exact: true, pressed: true }).waitFor();
    expect(await phone().getByText(/is solved\./).count()).toBe(1);
  });

  it('warns the agents on the ticket when an answer meets a blocked bot, and sends it when the customer is back', async () => {
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Block the bot' }).click();
    await page.getByText('You have blocked this bot.').waitFor();
    await write('Answer to the customer', 'Is there anything else?');
    await desk.getByText('This answer has not reached the requester.').waitFor();
    expect(await phone().getByText('Is there anything else?').count()).toBe(0);
    await page.getByRole('button', { name: 'Unblock' }).click();
    await phone().getByText('Is there anything else?').waitFor();
    await desk.getByText(/has reached the requester now/).waitFor();
  });

  it('keeps customers apart, and shows hostile texts as text', async () => {
    await toList();
    await become('Алексей');
    await demo.say(`${HOSTILE} ${'long words '.repeat(40)}`);
    await desk.getByRole('button', { name: /onerror/ }).click();
    await desk.getByRole('log').getByText(HOSTILE).waitFor();
    await phone().getByText(HOSTILE).first().waitFor();
    // Telegram finds no command in a closing tag.
    expect(await phone().getByText('/script', { exact: true }).count()).toBe(0);
    await write('Answer to the customer', `Answer ${HOSTILE}`);
    await phone().getByText(`Answer ${HOSTILE}`).waitFor();
    await picture(page, 'hostile');
    await become('Emma');
    expect(await phone().getByText(HOSTILE).count()).toBe(0);
  });

  it('shows a hostile name as text', async () => {
    await page.request.post(`${demo.url}/demo/users`, { data: { name: '"><script>alert(3)</script>' }, headers: { 'x-deskbridge-demo': '1' } });
    await page.getByRole('tab').nth(3).click();
    await demo.say('Who am I?');
    await toList();
    await desk.getByRole('button', { name: /"><script>alert\(3\)<\/script>.*Who am I/ }).click();
    await desk.locator('.comment .author', { hasText: '"><script>alert(3)</script>' }).waitFor();
  });

  it('speaks Kazakh, Russian and English in all columns', async () => {
    const words = [['Қазақша', 'Көпір не істеп жатыр', 'Барлық кезек'], ['Русский', 'Что делает мост', 'Все очереди'], ['English', 'What the bridge does', 'All queues']] as const;
    for (const [language, bridge, queues] of words) {
      await page.getByRole('button', { name: language }).click();
      await page.getByRole('heading', { name: bridge }).waitFor();
      await desk.locator('option', { hasText: queues }).waitFor({ state: 'attached' });
      await desk.getByRole('button', { name: /Who am I/ }).waitFor();
      await picture(page, `language-${language}`);
    }
  });

  it('fits narrow and dark screens without scrolling sideways', async () => {
    for (const [width, scheme] of [[1280, 'light'], [1440, 'dark'], [480, 'light'], [480, 'dark']] as const) {
      const other = await openPage(demo.browser, demo.url, { width, scheme, locale: 'ru' });
      await other.page.getByRole('tab', { name: 'Emma' }).click();
      await other.page.getByText('refunded the second charge').first().waitFor();
      expect({ width, overflow: await other.page.evaluate('document.documentElement.scrollWidth - window.innerWidth') }).toEqual({ width, overflow: 0 });
      expect(other.errors).toEqual([]);
      await picture(other.page, `${scheme}-${width}`);
      await other.page.context().close();
    }
  });

  it('says so and ends when the port is taken', async () => {
    const second = runProgram(['demo', '--port', new URL(demo.url).port], {});
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('is taken by another program');
  });

  it('made no error in the console, and ran nothing that a customer wrote', () => {
    expect(demo.errors).toEqual([]);
  });
});
