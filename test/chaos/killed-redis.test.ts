import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import type { Page } from '../../deploy/demo/browser.ts';
import {
  authorizationRequest,
  authorize,
  callTool,
  followToClient,
  postForm,
  postJson,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import type { Replicas } from '../integration/replicas/replicas.ts';
import { startReplicas } from '../integration/replicas/replicas.ts';

/** Every write is on disk before it is answered: what a 200 promised is there after a crash. */
const ON_DISK = ['save ""', 'appendonly yes', 'appendfsync always'];

/** What people and clients are in the middle of when Redis dies. */
async function begin(replicas: Replicas) {
  const client = await registerClient(replicas.publicUrl);
  const signedIn = await signIn(replicas, { client });
  const { code, request } = await authorize(replicas, client);
  const atConsent = openBrowser();
  const consent = await atConsent.follow(
    await atConsent.get(authorizationRequest(replicas.publicUrl, client).url),
  );
  const atGitHub = openBrowser();
  const asked = await atGitHub.follow(
    await atGitHub.get(authorizationRequest(replicas.publicUrl, client).url),
  );
  const isCallback = (location: string) => location.includes('/auth/callback');
  const beforeCallback = await atGitHub.follow(
    await atGitHub.submit(asked, { decision: 'allow' }),
    isCallback,
  );
  return {
    client,
    tokens: signedIn.tokens,
    redeem: redemption(client, { code, codeVerifier: request.codeVerifier }),
    refresh: refreshRequest(client, signedIn.tokens.refresh_token),
    consent: { browser: atConsent, page: consent },
    callback: { browser: atGitHub, url: beforeCallback.location ?? '' },
  };
}

describe('Redis that is killed in the middle of everything', () => {
  let replicas: Replicas;
  let begun: Awaited<ReturnType<typeof begin>>;
  beforeAll(async () => {
    replicas = await startReplicas({ store: 'redis', redisSettings: ON_DISK });
    begun = await begin(replicas);
    await replicas.redis?.server.kill();
  });
  afterAll(async () => {
    await replicas.close();
  });

  async function expectTryAgain(response: Response): Promise<void> {
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
  }

  function expectTryAgainPage(page: Page): void {
    expect(page.status).toBe(503);
    expect(page.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(page.location).toBeUndefined();
    expect(page.text).toContain('<h1>');
  }

  it.each([
    ['F06 a code', () => begun.redeem],
    ['F07 a refresh token', () => begun.refresh],
  ])('%s is answered 503, for clients throw tokens away on anything else', async (_name, form) => {
    await expectTryAgain(await postForm(`${replicas.publicUrl}/token`, form()));
  });

  it('F08 a registration is answered 503', async () => {
    const body = { client_name: 'New', redirect_uris: ['http://127.0.0.1:7777/callback'] };
    await expectTryAgain(await postJson(`${replicas.publicUrl}/register`, body));
  });

  it('F02 an authorization request is a page with 503 and never goes to GitHub', async () => {
    const asked = replicas.github.journal().length;
    const { url } = authorizationRequest(replicas.publicUrl, begun.client);
    expectTryAgainPage(await openBrowser().get(url));
    expect(replicas.github.journal()).toHaveLength(asked);
  });

  it('F03 a consent is a page with 503', async () => {
    const { browser, page } = begun.consent;
    expectTryAgainPage(await browser.submit(page, { decision: 'allow' }));
  });

  it('F04 a callback is a page with 503, before GitHub is asked for a token', async () => {
    const asked = replicas.github.journal().length;
    expectTryAgainPage(await begun.callback.browser.get(begun.callback.url));
    expect(replicas.github.journal()).toHaveLength(asked);
  });

  it('F09 a call that needs the person’s credential is 503 and not 401, one that does not is answered', async () => {
    const call = await callTool(replicas.mcpUrl, begun.tokens.access_token);
    expect(call.status).toBe(503);
    const list = await postJson(
      replicas.mcpUrl,
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { authorization: `Bearer ${begun.tokens.access_token}` },
    );
    expect(list.status).toBe(200);
  });

  it('costs nothing once it is back: every step that failed succeeds, without a restart of ours', async () => {
    await replicas.redis?.server.restart();
    await until(async () => (await postForm(`${replicas.publicUrl}/token`, begun.refresh)).status === 200);
    expect((await postForm(`${replicas.publicUrl}/token`, begun.redeem)).status).toBe(200);
    const { browser, page } = begun.consent;
    const consented = await followToClient(
      browser,
      await browser.submit(page, { decision: 'allow' }),
      begun.client,
    );
    expect(consented.location).toContain('code=');
    const { callback } = begun;
    const arrived = await followToClient(
      callback.browser,
      await callback.browser.get(callback.url),
      begun.client,
    );
    expect(arrived.location).toContain('code=');
    await until(async () => (await callTool(replicas.mcpUrl, begun.tokens.access_token)).status === 200);
  });
});
