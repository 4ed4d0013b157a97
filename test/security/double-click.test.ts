import { describe, expect, it } from 'vitest';
import { formTo, signInAtAccountPage } from '../support/account-page.ts';
import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectLocalPage } from '../support/expect-answer.ts';
import { authorizationRequest, callTool, followToClient, postForm, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();

/** A page whose button gives or ends something, as a browser has it before it; `go` presses it with the box ticked. */
interface Asked {
  readonly browser: Browser;
  readonly page: Page;
  /** The form without its box, and what the button adds. */
  readonly path: string;
  readonly button: Readonly<Record<string, string>>;
  readonly done: (after: Page) => Promise<void>;
}

async function askConsent(decision: 'allow' | 'other-account'): Promise<Asked> {
  const { client, stack } = shared;
  const { browser } = await signIn(stack, { client });
  const page = await browser.follow(await browser.get(authorizationRequest(stack.publicUrl, client).url));
  stack.github.autoApprove({ login: 'octocat' });
  return {
    browser,
    page,
    path: new URL(page.url).pathname,
    button: { decision },
    done: async (after) => {
      const back = await followToClient(browser, after, client);
      expect(new URL(back.location ?? '').searchParams.get('code')).toMatch(/\S/);
    },
  };
}

async function startDevice(): Promise<{ user_code: string }> {
  const { client, stack } = shared;
  const answer = await postForm(`${stack.publicUrl}/device_authorization`, { client_id: client.clientId });
  return (await answer.json()) as { user_code: string };
}

async function askDevice(): Promise<Asked> {
  const { user_code } = await startDevice();
  const browser = openBrowser();
  const page = await browser.get(`${shared.stack.publicUrl}/device`);
  const done = async (after: Page) => {
    expect((await browser.follow(after)).text).toContain('Allow access?');
  };
  return { browser, page, path: '/device', button: { user_code }, done };
}

async function askAccount(path: '/account/revoke-all' | '/account/disconnect'): Promise<Asked> {
  const { stack } = shared;
  const { tokens } = await signIn(stack);
  const { browser } = await signInAtAccountPage(stack);
  const page = await browser.get(stack.publicUrl + path);
  const done = async () => {
    expect((await callTool(stack.mcpUrl, tokens.access_token)).status).toBe(401);
  };
  return { browser, page, path, button: {}, done };
}

/** Every record but the browser's session, whose idle end moves with every request, and what was sent to GitHub. */
function standing(): readonly unknown[] {
  const { snapshot, github } = shared.stack;
  return [...snapshot().filter((row) => !/^ocg:session(?:-uid)?:/.test(row)), github.journal().length];
}

const PAGES: readonly (readonly [string, () => Promise<Asked>])[] = [
  ['consent, "Continue"', async () => await askConsent('allow')],
  ['consent, "Use another account"', async () => await askConsent('other-account')],
  ['the code of a device', askDevice],
  ['the account page, "Revoke all"', async () => await askAccount('/account/revoke-all')],
  ['the account page, "Disconnect GitHub"', async () => await askAccount('/account/disconnect')],
];

describe.each(PAGES)('S4: %s', (_name, ask) => {
  it.each([{}, { confirm: '' }])(
    'without the tick (%j) is answered with the same page, and nothing was done',
    async (confirm) => {
      const { browser, page, path, button } = await ask();
      const { action, fields } = formTo(page, path);
      const { confirm: ticked, ...others } = fields;
      expect(ticked).toBe('yes');
      const before = standing();
      const refused = await browser.post(action, { ...others, ...button, ...confirm });
      expect(standing()).toEqual(before);
      expectLocalPage(refused);
      expect(refused.text).toContain('tick the box');
      // What was filled in stays.
      const filled = Object.entries(fields).map(([name, value]) => [name, button[name] ?? value]);
      expect(formTo(refused, path).fields).toEqual(Object.fromEntries(filled));
    },
  );

  it('with the tick goes on, from the page that refused', async () => {
    const { browser, page, path, button, done } = await ask();
    const { action, fields } = formTo(page, path);
    const refused = await browser.post(action, { ...fields, ...button, confirm: '' });
    await done(await press(browser, refused, { path, button }));
  });
});

async function press(
  browser: Browser,
  page: Page,
  { path, button }: Pick<Asked, 'path' | 'button'>,
): Promise<Page> {
  const { action, fields } = formTo(page, path);
  return await browser.post(action, { ...fields, ...button });
}

describe('S4: saying no', () => {
  it('needs no tick', async () => {
    const { client } = shared;
    const { browser, page, path } = await askConsent('allow');
    const { action, fields } = formTo(page, path);
    const answer = await browser.post(action, { ...fields, confirm: '', decision: 'deny' });
    const back = await followToClient(browser, answer, client);
    expect(new URL(back.location ?? '').searchParams.get('error')).toBe('access_denied');
  });

  it('the code that was entered is kept in its field', async () => {
    const { browser, page, path, button } = await askDevice();
    const { action, fields } = formTo(page, path);
    const refused = await browser.post(action, { ...fields, ...button, confirm: '' });
    expect(refused.text).toContain(`value="${button['user_code'] ?? ''}"`);
  });
});

describe('S4: the box', () => {
  it.each(PAGES)(
    'of %s comes unticked and required, and nothing has the focus by itself',
    async (_name, ask) => {
      const { page } = await ask();
      const boxes = page.text.match(/<input[^>]*name="confirm"[^>]*>/g) ?? [];
      expect(boxes).toHaveLength(1);
      expect(boxes[0]).toContain('type="checkbox"');
      expect(boxes[0]).toContain(' required');
      expect(boxes[0]).not.toContain('checked');
      expect(page.text).not.toContain('autofocus');
    },
  );
});
