import { expect, it } from 'vitest';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import { useStack } from '../../support/use-stack.ts';

const shared = useStack();

it('the page at the bare origin names the endpoint and leads to the account page', async () => {
  const browser = openBrowser();
  const page = await browser.get(`${shared.stack.publicUrl}/`);
  expect(page.status).toBe(200);
  expect(page.text).toContain(shared.stack.mcpUrl);
  const [, href = ''] = /<a href="([^"]*)">your connected applications<\/a>/.exec(page.text) ?? [];
  const account = await browser.get(new URL(href, page.url).href);
  expect(account.status).toBe(200);
  expect(account.url).toBe(`${shared.stack.publicUrl}/account`);
});
