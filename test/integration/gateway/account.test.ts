import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { END_REASONS } from '../../../gateway/account/end-reasons.ts';
import { GRANT_END_REASONS } from '../../../gateway/grants/grant.ts';
import { DEMO_GITHUB_APP } from '../../github-simulator/index.ts';
import { formsTo, formTo, sendForm, signInAtAccountPage } from '../../support/account-page.ts';
import type { Browser, Page } from '../../../deploy/demo/browser.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../support/movable-clock.ts';
import {
  authorize,
  callTool,
  postForm,
  postJson,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import { redisEnvironment, startRedis, until } from '../../support/redis.ts';
import type { Stack, StackOptions } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

async function start(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack(options);
  onTestFinished(stack.close);
  return stack;
}

/** A stack whose clock and sweeper move when the test says so. */
async function startWithClock(options: StackOptions = {}): Promise<Stack> {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return await start(options);
}

/** What a person reads on a page. */
function textOf(page: Page): string {
  const body = page.text.slice(page.text.indexOf('<body>'));
  return body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ([:,])/g, '$1');
}

const look = async (stack: Stack, browser: Browser) => await browser.get(`${stack.publicUrl}/account`);
const liveTokens = (stack: Stack) => stack.github.tokens().reduce((sum, { live }) => sum + live, 0);
const status = async (stack: Stack, accessToken: string) =>
  (await callTool(stack.mcpUrl, accessToken)).status;

/** Confirms on the page that "Revoke all" or "Disconnect GitHub" leads to. */
async function confirm(stack: Stack, browser: Browser, path: '/account/revoke-all' | '/account/disconnect') {
  const page = await browser.get(`${stack.publicUrl}${path}`);
  return { page, after: await sendForm(browser, formTo(page, path)) };
}

describe('the account page lists', () => {
  it('live grants by client, with what they can, since when, last use and end', async () => {
    const stack = await startWithClock();
    const noon = (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS + 12 * HOUR_MS;
    const shown = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
    vi.setSystemTime(noon);
    const editor = await registerClient(stack.publicUrl, { client_name: 'Editor' });
    const agent = await registerClient(stack.publicUrl, { client_name: 'Agent' });
    await signIn(stack, { client: editor, parameters: { scope: 'read:user read:org' } });
    vi.setSystemTime(noon + DAY_MS);
    await signIn(stack, { client: agent });
    const second = await signIn(stack, { client: editor });
    vi.setSystemTime(noon + 3 * DAY_MS);
    await postForm(`${stack.publicUrl}/token`, refreshRequest(editor, second.tokens.refresh_token));
    const { page } = await signInAtAccountPage(stack);
    expect(formsTo(page, '/account/revoke')).toHaveLength(3);
    const text = textOf(page);
    expect(text.match(/Editor/g)).toHaveLength(1);
    expect(text).toContain(`Agent Application id ${agent.clientId}`);
    expect(text).toContain('see your organizations and teams read:org');
    expect(text).toContain(`Since ${shown(noon)} UTC (3 days ago)`);
    expect(text).toContain(`Last used ${shown(noon + 3 * DAY_MS)} UTC (just now)`);
    expect(text).toContain(`Ends unless used ${shown(noon + 17 * DAY_MS)} UTC (in 14 days)`);
    const iso = new Date(noon).toISOString().slice(0, 19);
    expect(page.text).toContain(`<time datetime="${iso}Z">${shown(noon)} UTC</time>`);
  });

  it('a grant whose code was not redeemed yet as not used yet', async () => {
    const stack = await start();
    await authorize(stack, await registerClient(stack.publicUrl));
    const { page } = await signInAtAccountPage(stack);
    expect(textOf(page)).toContain('Last used not yet');
  });
});

describe('ending what an application may do', () => {
  it('ends one grant and spares the others', async () => {
    const stack = await start();
    const ended = await signIn(stack, {
      client: await registerClient(stack.publicUrl, { client_name: 'Gone' }),
    });
    const kept = await signIn(stack);
    const { browser, page } = await signInAtAccountPage(stack);
    const section = page.text.slice(page.text.indexOf('>Gone<'));
    const after = await sendForm(browser, formTo({ ...page, text: section }, '/account/revoke'));
    expect(after.url).toBe(`${stack.publicUrl}/account?notice=revoked`);
    expect(formsTo(after, '/account/revoke')).toHaveLength(1);
    await until(async () => (await status(stack, ended.tokens.access_token)) === 401, 40);
    expect(await status(stack, kept.tokens.access_token)).toBe(200);
    const refused = await postForm(
      `${stack.publicUrl}/token`,
      refreshRequest(ended.client, ended.tokens.refresh_token),
    );
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('ends all of one person after a confirmation, and none of another', async () => {
    const stack = await start();
    const mine = [await signIn(stack), await signIn(stack)];
    const theirs = await signIn(stack, { login: 'hubot' });
    const { browser } = await signInAtAccountPage(stack);
    const { page, after } = await confirm(stack, browser, '/account/revoke-all');
    expect(textOf(page)).toContain('2 accesses end');
    expect(textOf(after)).toContain('Everything is ended');
    expect(textOf(after)).toContain('No application may use GitHub as you.');
    for (const { tokens } of mine) {
      await until(async () => (await status(stack, tokens.access_token)) === 401, 40);
    }
    expect(await status(stack, theirs.tokens.access_token)).toBe(200);
    const reasons = stack.events.flatMap((event) => (event.type === 'grant.ended' ? [event.reason] : []));
    expect(reasons).toEqual(['revoked_by_person', 'revoked_by_person']);
  });

  it('does nothing on the confirmation page itself', async () => {
    const stack = await start();
    const { tokens } = await signIn(stack);
    const { browser } = await signInAtAccountPage(stack);
    const before = stack.snapshot();
    await browser.get(`${stack.publicUrl}/account/revoke-all`);
    await browser.get(`${stack.publicUrl}/account/disconnect`);
    expect(stack.snapshot()).toEqual(before);
    expect(await status(stack, tokens.access_token)).toBe(200);
  });

  it('has the GitHub token deleted when its last holder is ended, once no call can be using it', async () => {
    const stack = await startWithClock();
    await signIn(stack);
    await signIn(stack, { parameters: { scope: 'read:user read:org' } });
    const { browser } = await signInAtAccountPage(stack);
    expect(liveTokens(stack)).toBe(2);
    await confirm(stack, browser, '/account/revoke-all');
    expect(liveTokens(stack)).toBe(2);
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(liveTokens(stack)).toBe(0);
    });
  });
});

describe.each(['sqlite', 'redis'] as const)('a client whose grant its person ends, on %s', (kind) => {
  it('is sent to sign in by the other gateway within the bound of the feed', async () => {
    const redis = kind === 'redis' ? await startRedis() : undefined;
    if (redis !== undefined) onTestFinished(redis.stop);
    const env = redis === undefined ? {} : redisEnvironment(redis);
    const stack = await start({ gateways: 2, env, workerEnv: env });
    const [, second = ''] = stack.gateways;
    const { tokens } = await signIn(stack);
    // A method for which no credential is read: only the feed can stop it.
    const list = async () =>
      await postJson(
        `${second}/mcp`,
        { jsonrpc: '2.0', id: 1, method: 'tools/list' },
        { authorization: `Bearer ${tokens.access_token}` },
      );
    expect((await list()).status).toBe(200);
    const { browser, page } = await signInAtAccountPage(stack);
    await sendForm(browser, formTo(page, '/account/revoke'));
    await until(async () => (await list()).status === 401, 40);
    expect((await list()).headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('cannot tell gateways apart: any of them serves any step of the page', async () => {
    const redis = kind === 'redis' ? await startRedis() : undefined;
    if (redis !== undefined) onTestFinished(redis.stop);
    const env = redis === undefined ? {} : redisEnvironment(redis);
    const stack = await start({ gateways: 2, env, workerEnv: env });
    const [, second = ''] = stack.gateways;
    await signIn(stack);
    const { browser } = await signInAtAccountPage(stack);
    const page = await browser.get(`${second}/account`);
    const { action, fields } = formTo(page, '/account/revoke');
    const answer = await browser.post(action, fields, { origin: stack.publicUrl });
    expect(answer.status).toBe(303);
    expect(textOf(await look(stack, browser))).toContain('No application may use GitHub as you.');
  });
});

describe('disconnecting GitHub', () => {
  const grantDeletions = (stack: Stack) =>
    stack.github.journal().filter(({ method, path }) => method === 'DELETE' && path.endsWith('/grant'))
      .length;

  it('ends every grant and has GitHub forget the authorization and all its tokens', async () => {
    const stack = await start();
    const { tokens } = await signIn(stack);
    await signIn(stack, { parameters: { scope: 'read:user read:org' } });
    const { browser } = await signInAtAccountPage(stack);
    expect(liveTokens(stack)).toBe(2);
    const { after } = await confirm(stack, browser, '/account/disconnect');
    expect(textOf(after)).toContain('GitHub has forgotten that you authorized');
    expect(textOf(after)).toContain('No application may use GitHub as you.');
    expect(grantDeletions(stack)).toBe(1);
    expect(liveTokens(stack)).toBe(0);
    await until(async () => (await status(stack, tokens.access_token)) === 401, 40);
  });

  it('ends every grant also while GitHub is away, says what is missing, and catches up', async () => {
    const stack = await startWithClock();
    const { tokens } = await signIn(stack);
    const { browser } = await signInAtAccountPage(stack);
    stack.github.setFaults([{ match: { host: 'api' }, action: 'status', status: 503 }]);
    const { after } = await confirm(stack, browser, '/account/disconnect');
    expect(textOf(after)).toContain('GitHub could not do its part yet');
    expect(after.text).toMatch(/href="[^"]*\/settings\/connections\/applications\//);
    expect(textOf(after)).toContain('No application may use GitHub as you.');
    const refused = await callTool(stack.mcpUrl, tokens.access_token);
    expect(refused.status).toBe(401);
    expect(liveTokens(stack)).toBe(1);
    stack.github.setFaults([]);
    const tried = grantDeletions(stack);
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(liveTokens(stack)).toBe(0);
    });
    expect(grantDeletions(stack)).toBe(tried + 1);
    expect(stack.dump()).not.toContain('ocg:retirement:');
  });

  it('that GitHub catches up with later spares what the person connected again in between', async () => {
    const stack = await startWithClock();
    await signIn(stack);
    const { browser } = await signInAtAccountPage(stack);
    stack.github.setFaults([
      { match: { host: 'api', pathPrefix: '/applications' }, action: 'status', status: 503 },
    ]);
    await confirm(stack, browser, '/account/disconnect');
    stack.github.setFaults([]);
    const again = await signIn(stack);
    const tried = grantDeletions(stack);
    await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
    await vi.waitFor(() => {
      expect(liveTokens(stack)).toBe(1);
    });
    expect(grantDeletions(stack)).toBe(tried);
    const renewed = await postForm(
      `${stack.publicUrl}/token`,
      refreshRequest(again.client, again.tokens.refresh_token),
    );
    const { access_token: accessToken } = (await renewed.json()) as { access_token: string };
    expect(await status(stack, accessToken)).toBe(200);
  });

  it('uses another token when GitHub has ended the first', async () => {
    const stack = await start();
    await signIn(stack);
    await signIn(stack, { parameters: { scope: 'read:user read:org' } });
    const { browser } = await signInAtAccountPage(stack);
    stack.github.setFaults([
      { match: { method: 'DELETE', pathPrefix: '/applications' }, action: 'status', status: 404, times: 1 },
    ]);
    const { after } = await confirm(stack, browser, '/account/disconnect');
    expect(textOf(after)).toContain('GitHub has forgotten that you authorized');
    expect(grantDeletions(stack)).toBe(2);
    expect(liveTokens(stack)).toBe(0);
  });

  it('refreshes a GitHub token that has run out, to have something to ask with', async () => {
    const stack = await startWithClock({
      env: {
        GITHUB_OAUTH_CLIENT_ID: DEMO_GITHUB_APP.clientId,
        GITHUB_OAUTH_CLIENT_SECRET: DEMO_GITHUB_APP.clientSecret,
        GITHUB_OAUTH_SCOPES: 'none',
      },
    });
    await signIn(stack, { parameters: { scope: undefined } });
    vi.setSystemTime(Date.now() + 9 * HOUR_MS);
    expect(liveTokens(stack)).toBe(0);
    const { browser } = await signInAtAccountPage(stack);
    const { after } = await confirm(stack, browser, '/account/disconnect');
    expect(textOf(after)).toContain('GitHub has forgotten that you authorized');
    expect(grantDeletions(stack)).toBe(1);
    expect(liveTokens(stack)).toBe(0);
  });

  it('with nothing connected says that only the person can do the rest, and where', async () => {
    const stack = await start();
    const { browser } = await signInAtAccountPage(stack);
    const { page, after } = await confirm(stack, browser, '/account/disconnect');
    expect(textOf(page)).toContain('No application may use GitHub as you at the moment.');
    expect(textOf(after)).toContain('you can remove it there yourself');
    expect(after.text).toMatch(/href="[^"]*\/settings\/connections\/applications\//);
  });
});

describe('the time line', () => {
  it('has words for every reason, none twice', () => {
    const words = GRANT_END_REASONS.map((reason) => END_REASONS[reason]);
    expect(new Set(words).size).toBe(GRANT_END_REASONS.length);
    for (const word of words) expect(word).not.toContain('_');
  });

  it('says when and why each grant ended, the latest first, and forgets it after 30 days', async () => {
    const stack = await startWithClock({ env: { REFRESH_TOKEN_IDLE_TTL: '86400', GRANTS_PER_CLIENT: '1' } });
    const named = async (name: string) => await registerClient(stack.publicUrl, { client_name: name });
    const byClient = await signIn(stack, { client: await named('Leaver') });
    const form = { token: byClient.tokens.refresh_token, client_id: byClient.client.clientId };
    await postForm(`${stack.publicUrl}/revoke`, form);
    vi.setSystemTime(Date.now() + HOUR_MS);
    const replayed = await signIn(stack, { client: await named('Replayer') });
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await postForm(`${stack.publicUrl}/token`, redemption(replayed.client, replayed));
    const crowd = await named('Crowd');
    await signIn(stack, { client: crowd });
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await signIn(stack, { client: crowd });
    const visit = async () => textOf((await signInAtAccountPage(stack)).page);
    const first = await visit();
    expect(first).toMatch(/Leaver Ended \S+ \S+ UTC \(1 hour ago\): the application signed out/);
    expect(first).toMatch(/Replayer Ended [^:]*:\d\d UTC \([^)]*\): its sign-in code was used twice/);
    expect(first).toMatch(/Crowd Ended [^:]*:\d\d UTC \([^)]*\): the same application signed in more often/);
    expect(first.lastIndexOf('Crowd')).toBeLessThan(first.indexOf('Replayer'));
    expect(first.indexOf('Replayer')).toBeLessThan(first.indexOf('Leaver'));
    // Not swept yet: what time has ended is not shown as connected.
    vi.setSystemTime(Date.now() + DAY_MS + HOUR_MS);
    const later = await visit();
    expect(later).toContain('No application may use GitHub as you.');
    expect(later).toContain('it was not used for too long');
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    vi.setSystemTime(Date.now() + 29.5 * DAY_MS);
    const muchLater = await visit();
    expect(muchLater).not.toContain('Leaver');
    expect(muchLater).toContain('Crowd');
    vi.setSystemTime(Date.now() + 2 * DAY_MS);
    expect(await visit()).toContain('Ended in the last 30 days Nothing.');
  });
});

describe('a sign-in at the account page that does not come about', () => {
  it.each([
    ['the person denies', { deny: true }, 403, 'said no'],
    ['GitHub is away', {}, 503, 'GitHub did not answer'],
  ])('ends on a page that says so: %s', async (_title, approval, code, words) => {
    const stack = await start();
    if (code === 503)
      stack.github.setFaults([{ match: { host: 'web', method: 'POST' }, action: 'status', status: 503 }]);
    const browser = openBrowser();
    stack.github.autoApprove({ login: 'octocat', ...approval });
    const page = await browser.follow(await browser.post(`${stack.publicUrl}/account/sign-in`, {}));
    expect(page.status).toBe(code);
    expect(page.text).toContain(words);
    expect(page.text).toContain('href="/account"');
    expect(browser.cookies()).toEqual([]);
    expect(stack.dump()).not.toContain('ocg:account-session:');
    expect(stack.events.filter(({ type }) => type === 'login.failed')).toHaveLength(1);
  });
});
