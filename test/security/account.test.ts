import { describe, expect, it } from 'vitest';
import { formsTo, formTo, sendForm, signInAtAccountPage } from '../support/account-page.ts';
import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectLocalPage, expectPageHeaders, withoutSideEffect } from '../support/expect-answer.ts';
import { callTool, registerClient, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();
const account = () => `${shared.stack.publicUrl}/account`;

function sessionOf(browser: Browser): string | undefined {
  return browser.cookies().find(({ name }) => name.endsWith('gw_account'))?.value;
}

/** A person with one grant, signed in at the account page. */
async function personAtPage(login = 'octocat') {
  const person = await signIn(shared.stack, { login });
  return { ...person, ...(await signInAtAccountPage(shared.stack, { login })) };
}

async function isAlive(accessToken: string): Promise<boolean> {
  return (await callTool(shared.stack.mcpUrl, accessToken)).status === 200;
}

function revokeFormOf(page: Page) {
  return formTo(page, '/account/revoke');
}

describe('the forms of the account page', () => {
  it.each(['https://evil.example', 'null', 'http://localhost', 'http://localhost:1'])(
    'from origin %s change nothing',
    async (origin) => {
      const { browser, page, tokens } = await personAtPage();
      const { action, fields } = revokeFormOf(page);
      const answer = await withoutSideEffect(
        shared.stack,
        async () => await browser.post(action, fields, { origin }),
      );
      expectLocalPage(answer, 403);
      expect(await isAlive(tokens.access_token)).toBe(true);
      const start = await withoutSideEffect(
        shared.stack,
        async () => await browser.post(`${account()}/sign-in`, {}, { origin }),
      );
      expectLocalPage(start, 403);
    },
  );

  it('without Origin need same-origin fetch metadata', async () => {
    const start = async (headers: Record<string, string>) =>
      (await fetch(`${account()}/sign-in`, { method: 'POST', redirect: 'manual', headers })).status;
    expect(await start({})).toBe(403);
    expect(await start({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await start({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await start({ 'sec-fetch-site': 'same-origin' })).toBe(303);
  });

  it('with no, a made-up or another token change nothing', async () => {
    const { browser, page, tokens } = await personAtPage();
    const elsewhere = await signInAtAccountPage(shared.stack);
    const { action, fields } = revokeFormOf(page);
    const sameGrantOtherSession = formsTo(elsewhere.page, '/account/revoke').find(
      ({ fields: { grant } }) => grant === fields['grant'],
    );
    expect(sameGrantOtherSession).toBeDefined();
    const otherAction = formTo(page, '/account/sign-out').fields['csrf'];
    for (const csrf of ['', 'x'.repeat(43), sameGrantOtherSession?.fields['csrf'], otherAction]) {
      const form = { grant: fields['grant'] ?? '', csrf: csrf ?? '' };
      const answer = await withoutSideEffect(shared.stack, async () => await browser.post(action, form));
      expectLocalPage(answer, 403);
    }
    expectLocalPage(await browser.post(action, { grant: fields['grant'] ?? '' }), 403);
    expect(await isAlive(tokens.access_token)).toBe(true);
  });

  it('with the token of another action change nothing', async () => {
    const { browser, page, tokens } = await personAtPage();
    const csrf = formTo(page, '/account/sign-out').fields['csrf'] ?? '';
    for (const path of ['revoke-all', 'disconnect']) {
      const answer = await withoutSideEffect(
        shared.stack,
        async () => await browser.post(`${account()}/${path}`, { csrf }),
      );
      expectLocalPage(answer, 403);
    }
    expect(await isAlive(tokens.access_token)).toBe(true);
  });

  it('with the token of one grant do not end another of the same person', async () => {
    const client = await registerClient(shared.stack.publicUrl);
    const [first, second] = [await signIn(shared.stack, { client }), await signIn(shared.stack, { client })];
    const { browser, page } = await signInAtAccountPage(shared.stack);
    const [left, right] = formsTo(page, '/account/revoke');
    const form = { grant: left?.fields['grant'] ?? '', csrf: right?.fields['csrf'] ?? '' };
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await browser.post(`${account()}/revoke`, form),
    );
    expectLocalPage(answer, 403);
    expect(await isAlive(first.tokens.access_token)).toBe(true);
    expect(await isAlive(second.tokens.access_token)).toBe(true);
  });

  it('that name a grant of another person, or none, are answered 404 and end nothing', async () => {
    const victim = await personAtPage('hubot');
    const { browser, page } = await personAtPage('octocat');
    const own = revokeFormOf(page).fields;
    const theirs = revokeFormOf(victim.page).fields;
    for (const form of [
      { ...own, grant: theirs['grant'] ?? '' },
      theirs,
      { ...own, grant: 'unknown' },
      { csrf: own['csrf'] ?? '' },
    ]) {
      const answer = await withoutSideEffect(
        shared.stack,
        async () => await browser.post(`${account()}/revoke`, form),
      );
      expectLocalPage(answer, 404);
    }
    expect(await isAlive(victim.tokens.access_token)).toBe(true);
  });

  it('without a session change nothing, whatever else they carry', async () => {
    const { page, tokens } = await personAtPage();
    const { action, fields } = revokeFormOf(page);
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await openBrowser().post(action, fields),
    );
    expectLocalPage(answer, 403);
    expect(await isAlive(tokens.access_token)).toBe(true);
  });

  it('of a session that was signed out are refused', async () => {
    const { browser, page, tokens } = await personAtPage();
    const cookie = `gw_account=${String(sessionOf(browser))}`;
    await sendForm(browser, formTo(page, '/account/sign-out'));
    const { action, fields } = revokeFormOf(page);
    expectLocalPage(await openBrowser().post(action, fields, { cookie }), 403);
    expect(await isAlive(tokens.access_token)).toBe(true);
  });

  it('sent twice end a grant once and say so', async () => {
    const { browser, page } = await personAtPage();
    const form = revokeFormOf(page);
    expect((await sendForm(browser, form)).text).toContain('has to ask you again');
    const ends = shared.stack.events.filter(({ type }) => type === 'grant.ended').length;
    const again = await withoutSideEffect(shared.stack, async () => await sendForm(browser, form));
    expect(again.text).toContain('had ended already');
    expect(shared.stack.events.filter(({ type }) => type === 'grant.ended')).toHaveLength(ends);
  });

  it.each([
    ['too long', 'grant=' + 'x'.repeat(5000), 'application/x-www-form-urlencoded'],
    ['repeated fields', 'grant=a&grant=b&csrf=c&csrf=d', 'application/x-www-form-urlencoded'],
    ['JSON', '{"grant":"a"}', 'application/json'],
    ['another charset', 'grant=a', 'application/x-www-form-urlencoded; charset=utf-16'],
    ['a name of the prototype', '__proto__=x&constructor=y', 'application/x-www-form-urlencoded'],
    ['nothing', '', 'application/x-www-form-urlencoded'],
  ])('that are no forms of ours (%s) get a page and change nothing', async (_title, body, type) => {
    const { browser } = await personAtPage();
    const headers = {
      cookie: `gw_account=${String(sessionOf(browser))}`,
      origin: shared.stack.publicUrl,
      'content-type': type,
    };
    for (const path of ['revoke', 'revoke-all', 'disconnect', 'sign-out']) {
      const answer = await withoutSideEffect(
        shared.stack,
        async () =>
          await fetch(`${account()}/${path}`, { method: 'POST', headers, body, redirect: 'manual' }),
      );
      expect(answer.status, path).toBeGreaterThanOrEqual(400);
      expect(answer.status, path).toBeLessThan(500);
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    }
  });

  it.each([
    ['DELETE', ''],
    ['POST', ''],
    ['GET', '/revoke'],
    ['GET', '/sign-in'],
    ['GET', '/sign-out'],
    ['PUT', '/revoke-all'],
    ['DELETE', '/disconnect'],
  ])('%s /account%s is refused by name', async (method, path) => {
    const answer = await withoutSideEffect(
      shared.stack,
      async () => await fetch(`${account()}${path}`, { method, redirect: 'manual' }),
    );
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBeTruthy();
  });
});

describe('what the account page shows', () => {
  it('is nothing of another person', async () => {
    const theirs = await registerClient(shared.stack.publicUrl, { client_name: 'Only of hubot' });
    await signIn(shared.stack, { client: theirs, login: 'hubot' });
    const { page } = await signInAtAccountPage(shared.stack, { login: 'octocat' });
    expect(page.text).not.toContain('hubot');
    expect(page.text).not.toContain(theirs.clientId);
  });

  it('is kept from caches and frames on every page', async () => {
    const { browser, page } = await personAtPage();
    const pages = [
      page,
      await openBrowser().get(account()),
      await browser.get(`${account()}/revoke-all`),
      await browser.get(`${account()}/disconnect`),
      await browser.get(`${account()}/revoke`),
      await browser.post(`${account()}/revoke`, {}),
    ];
    for (const each of pages) {
      expectPageHeaders(each);
      expect(each.headers.get('referrer-policy')).toBe('same-origin');
    }
  });

  it('never repeats what the address says', async () => {
    const { browser } = await personAtPage();
    for (const notice of ['<b>x</b>', 'constructor', '__proto__', 'toString', 'your-account-is-closed']) {
      const page = await browser.get(`${account()}?notice=${encodeURIComponent(notice)}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toContain('role="status"');
      expect(page.text).not.toContain('your-account-is-closed');
    }
  });

  it.each(['<img src=x onerror=alert(1)>', '"><script>1</script>', 'Git\u202eHub'])(
    'has the name %j as text only, in every place',
    async (name) => {
      const client = await registerClient(shared.stack.publicUrl, { client_name: name });
      await signIn(shared.stack, { client });
      const { browser, page } = await signInAtAccountPage(shared.stack);
      const confirm = await browser.get(`${account()}/revoke-all`);
      const ended = await sendForm(browser, revokeFormOf(page));
      for (const each of [page, confirm, ended]) {
        expect(each.text).not.toMatch(/<img|<script|\u202e/);
      }
      expect(ended.text).toContain('you ended it here');
    },
  );

  it('holds no GitHub token, access token or refresh token', async () => {
    const { page, tokens } = await personAtPage();
    expect(page.text).not.toContain(tokens.access_token);
    expect(page.text).not.toContain(tokens.refresh_token);
    expect(page.text).not.toMatch(/gho_|ghu_/);
  });
});
