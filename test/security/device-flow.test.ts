import { describe, expect, it } from 'vitest';
import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectLocalPage, expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import { SECOND_MS, MINUTE_MS, useMovableClock } from '../support/movable-clock.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { callTool, postForm, refreshRequest, registerClient } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const clock = useMovableClock();
const shared = useStack(() => ({ gateways: 2, env: { AUTHORIZATION_LIMIT: '10000' } }));

interface Started {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

async function start(form: Record<string, string> = {}): Promise<Started> {
  const { stack, client } = shared;
  const response = await postForm(`${stack.publicUrl}/device_authorization`, {
    client_id: client.clientId,
    ...form,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('no-store');
  return (await response.json()) as Started;
}

/** Polls at one gateway or the other, after the interval has passed. */
async function poll(deviceCode: string, gateway: 0 | 1 = 0, after = 6 * SECOND_MS): Promise<Response> {
  clock.advance(after);
  return await postForm(`${shared.stack.gateways[gateway] ?? ''}/token`, {
    grant_type: GRANT,
    device_code: deviceCode,
    client_id: shared.client.clientId,
  });
}

/** Enters a code and stops at the consent page. */
async function enterCode(
  userCode: string,
  browser: Browser = openBrowser(),
): Promise<{ browser: Browser; page: Page }> {
  const entry = await browser.get(`${shared.stack.publicUrl}/device`);
  const page = await browser.follow(await browser.submit(entry, { user_code: userCode }));
  return { browser, page };
}

async function approve(
  userCode: string,
  fields: Record<string, string> = { decision: 'allow' },
): Promise<Page> {
  shared.stack.github.autoApprove({ login: 'octocat' });
  const { browser, page } = await enterCode(userCode);
  return await browser.follow(await browser.submit(page, fields));
}

describe('the device flow (RFC 8628)', () => {
  it('is advertised, and says how often to poll (§3.2, §4)', async () => {
    const url = `${shared.stack.publicUrl}/.well-known/oauth-authorization-server`;
    const metadata = (await (await fetch(url)).json()) as Record<string, unknown>;
    expect(metadata['device_authorization_endpoint']).toBe(`${shared.stack.publicUrl}/device_authorization`);
    expect(metadata['grant_types_supported']).toContain(GRANT);
    const started = await start();
    expect(started).toMatchObject({ interval: 5, expires_in: 600 });
    expect(started.verification_uri).toBe(`${shared.stack.publicUrl}/device`);
    expect(started.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  });

  it('gives a device tokens after the person has decided, at whichever gateway it polls', async () => {
    const { device_code, user_code } = await start();
    await expectOAuthError(await poll(device_code, 0), 400, 'authorization_pending');
    await expectOAuthError(await poll(device_code, 1), 400, 'authorization_pending');
    const done = await approve(user_code.toLowerCase().replace('-', ' '));
    expect(done.status).toBe(200);
    expect(done.text).toContain('The device is connected');
    const answer = await poll(device_code, 1);
    const tokens = (await answer.json()) as Tokens;
    expect(answer.status).toBe(200);
    expect(await (await callTool(shared.stack.mcpUrl, tokens.access_token)).text()).toContain('octocat');
    const refreshed = await postForm(
      `${shared.stack.publicUrl}/token`,
      refreshRequest(shared.client, tokens.refresh_token),
    );
    expect(refreshed.status).toBe(200);
  });

  it('shows the code on the consent page and warns of codes that somebody sent (§5.4)', async () => {
    const { user_code } = await start();
    const { page } = await enterCode(user_code);
    expect(page.status).toBe(200);
    expect(page.text).toContain(user_code);
    expect(page.text).toContain('started this on it');
    expect(page.text).not.toContain('Sends you to');
  });

  it('tells the device when the person declines (§3.5)', async () => {
    const { device_code, user_code } = await start();
    await approve(user_code, { decision: 'deny' });
    await expectOAuthError(await poll(device_code), 400, 'access_denied');
  });

  it('gives the scope that was asked for, or the baseline', async () => {
    const { device_code, user_code } = await start({ scope: 'read:user repo bogus' });
    await approve(user_code);
    const tokens = (await (await poll(device_code)).json()) as Tokens;
    expect(tokens.scope.split(' ').sort()).toEqual(['read:user', 'repo']);
  });
});

describe('polling (RFC 8628 §3.5)', () => {
  it('too fast is told to slow down, and then has to wait five seconds longer each time', async () => {
    const { device_code } = await start();
    await expectOAuthError(await poll(device_code, 0, 0), 400, 'authorization_pending');
    await expectOAuthError(await poll(device_code, 1, SECOND_MS), 400, 'slow_down');
    await expectOAuthError(await poll(device_code, 0, 6 * SECOND_MS), 400, 'slow_down');
    await expectOAuthError(await poll(device_code, 1, 14 * SECOND_MS), 400, 'slow_down');
    await expectOAuthError(await poll(device_code, 0, 21 * SECOND_MS), 400, 'authorization_pending');
  });

  it('after ten minutes is told that the code has expired', async () => {
    const { device_code } = await start();
    await expectOAuthError(await poll(device_code, 0, 11 * MINUTE_MS), 400, 'expired_token');
  });

  it('with an unknown code, or by another client, is refused and changes nothing', async () => {
    const { device_code, user_code } = await start();
    await approve(user_code);
    await expectOAuthError(await poll('unknown'), 400, 'invalid_grant');
    const other = await registerClient(shared.stack.publicUrl, { client_name: 'Other' });
    const asOther = { grant_type: GRANT, device_code, client_id: other.clientId };
    const refused = await withoutSideEffect(
      shared.stack,
      async () => await postForm(`${shared.stack.publicUrl}/token`, asOther),
    );
    await expectOAuthError(refused, 400, 'invalid_grant');
    expect((await poll(device_code)).status).toBe(200);
  });

  it('gives one of many at once the tokens; a replay later ends the grant', async () => {
    const { device_code, user_code } = await start();
    await approve(user_code);
    clock.advance(6 * SECOND_MS);
    const answers = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => await poll(device_code, index % 2 === 0 ? 0 : 1, 0)),
    );
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners.length).toBeLessThanOrEqual(1);
    const won = winners[0] ?? (await poll(device_code, 0, MINUTE_MS));
    expect(won.status).toBe(200);
    const tokens = (await won.json()) as Tokens;
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(200);
    await expectOAuthError(await poll(device_code, 0, MINUTE_MS), 400, 'invalid_grant');
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(401);
  });
});

describe('entering a code', () => {
  it.each([
    ['that no device shows', 'BBBB-BBBB', 'No device shows this code'],
    ['of markup', '"><script>', 'No device shows this code'],
    ['that is empty', '', 'Enter the code'],
  ])('%s ends on the page, echoing nothing unescaped', async (_title, userCode, message) => {
    const browser = openBrowser();
    const entry = await browser.get(`${shared.stack.publicUrl}/device`);
    const page = await browser.submit(entry, { user_code: userCode });
    expectLocalPage(page, 400);
    expect(page.text).toContain(message);
    expect(page.text).not.toContain('<script>');
  });

  it('that was used already says so', async () => {
    const { user_code } = await start();
    await approve(user_code);
    const { page } = await enterCode(user_code);
    expectLocalPage(page, 400);
    expect(page.text).toContain('used already');
  });

  it('by a link fills the field and does nothing by itself (§3.3.1)', async () => {
    const { verification_uri_complete, user_code, device_code } = await start();
    const page = await openBrowser().get(verification_uri_complete);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`value="${user_code}"`);
    expect(page.text).not.toMatch(/<script|onload|\.submit\(/);
    await expectOAuthError(await poll(device_code), 400, 'authorization_pending');
  });

  it('from another site’s form, without this browser’s token, is refused', async () => {
    const { user_code, device_code } = await start();
    const forged = await postForm(`${shared.stack.publicUrl}/device`, {
      user_code,
      confirm: 'yes',
      xsrf: 'x',
    });
    expect([400, 403]).toContain(forged.status);
    await expectOAuthError(await poll(device_code), 400, 'authorization_pending');
  });

  it('is refused after ten wrong ones from one address (§5.1)', async () => {
    const browser = openBrowser();
    const statuses = [];
    for (let attempt = 0; attempt < 14; attempt += 1) {
      const entry = await browser.get(`${shared.stack.publicUrl}/device`);
      if (entry.status !== 200) break;
      statuses.push((await browser.submit(entry, { user_code: 'CCCC-CCCC' })).status);
    }
    expect(statuses.at(-1)).toBe(429);
    const { user_code } = await start();
    const entry = await browser.get(`${shared.stack.publicUrl}/device`);
    expect((await browser.submit(entry, { user_code })).status).toBe(429);
  });
});

describe('a client without redirects', () => {
  it('registers for the device flow alone (RFC 7591 §2)', async () => {
    const response = await fetch(`${shared.stack.publicUrl}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: 'TV', grant_types: [GRANT, 'refresh_token'] }),
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ redirect_uris: [], response_types: [] });
  });
});
