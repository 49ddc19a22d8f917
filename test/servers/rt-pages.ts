/** A real browser on the pages of Request Tracker, and on the page where customers are played. */
import { createServer } from 'node:http';
import express from 'express';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { createDemo } from '../../src/demo/index.js';
import type { EmulatorWorld } from '../../src/demo/emulator/index.js';
import { systemClock } from '../../src/main/system-clock.js';
import { root } from '../e2e/program.js';
import { openPage } from './browser-fixture.js';
import type { RtCredentials } from './request-tracker-fixture.js';

/** Pages of Request Tracker take seconds on a busy machine. */
const PAGE_MS = 120_000;

/** Signs agent1 in and opens the ticket with its whole history. */
export async function openTicketPage(browser: Browser, { url, users }: RtCredentials, ticket: string): Promise<Page> {
  const { page } = await openPage(browser, url, { width: 1280, height: 1400 });
  page.setDefaultTimeout(PAGE_MS);
  await page.fill('input[name=user]', 'agent1');
  await page.fill('input[name=pass]', users.agent1.password);
  await page.press('input[name=pass]', 'Enter');
  await page.locator('form[name=login]').waitFor({ state: 'detached' });
  // Without a referer RT asks first whether this is meant.
  await page.goto(`${url}/Ticket/Display.html?id=${ticket}&ForceShowHistory=1`, { referer: `${url}/` });
  await page.locator('.transaction').first().waitFor();
  return page;
}

/** Clicks "Reply" at one entry of the history, writes where the editor then has its cursor, right before the quote, and sends it. */
export async function replyInPage(page: Page, entry: Locator, text: string): Promise<void> {
  await entry.locator('a.reply-link').click();
  const editor = page.frameLocator('iframe.cke_wysiwyg_frame').locator('body');
  await editor.locator('blockquote').first().waitFor();
  await editor.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type(text);
  await page.locator('input[name=SubmitTicket]').first().click();
  await page.waitForURL(/Display\.html/);
}

export interface CustomerPage {
  readonly url: string;
  close(): Promise<void>;
}

/** The page of the demo, around people of a running emulator. */
export async function serveCustomers(world: EmulatorWorld): Promise<CustomerPage> {
  const demo = createDemo({ emulator: { world }, clock: systemClock });
  const app = express();
  const pages = join(root, 'dist/web');
  app.use(demo.router);
  app.use('/assets', express.static(join(pages, 'assets')));
  app.use('/', express.static(join(pages, 'demo')));
  const server = createServer(app);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      demo.close();
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}
