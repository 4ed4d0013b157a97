import { describe, expect, it, onTestFinished } from 'vitest';
import { expectOAuthError } from '../support/expect-answer.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import {
  authorizationRequest,
  callTool,
  postJson,
  refreshRequest,
  postForm,
  registerClient,
  REDIRECT_URI,
  signIn,
} from '../support/oauth-client.ts';
import type { StackOptions } from '../support/stack.ts';
import { startStack } from '../support/stack.ts';

async function start(env: NonNullable<StackOptions['env']>, gateways = 1) {
  const stack = await startStack({ env, gateways });
  onTestFinished(stack.close);
  return stack;
}

async function register(base: string, metadata: Record<string, unknown>, forwardedFor?: string) {
  const headers: Record<string, string> =
    forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return await postJson(`${base}/register`, { redirect_uris: [REDIRECT_URI], ...metadata }, headers);
}

describe('a host that registers twice for one connection (item 3)', () => {
  it('gets one client, also from two gateways at the same moment', async () => {
    const stack = await start({}, 2);
    const [first = '', second = ''] = stack.gateways;
    const ids = await Promise.all(
      [first, second, first, second].map(async (base) => (await registerClient(base)).clientId),
    );
    expect(new Set(ids).size).toBeLessThanOrEqual(2);
    expect(
      (await signIn(stack, { client: { clientId: ids[0] ?? '', redirectUri: REDIRECT_URI } })).tokens,
    ).toBeDefined();
  });

  it('shares it with nobody at another address, nor with other metadata', async () => {
    const stack = await start({ TRUSTED_PROXIES: '127.0.0.1,::1' });
    const answers = [
      await register(stack.publicUrl, {}, '198.51.100.1'),
      await register(stack.publicUrl, {}, '198.51.100.2'),
      await register(stack.publicUrl, { client_name: 'Other' }, '198.51.100.1'),
    ];
    const ids = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { client_id: string }).client_id),
    );
    expect(new Set(ids).size).toBe(3);
  });
});

describe('clients that nobody signs in with', () => {
  it('are bounded: the oldest goes, one that was used stays', async () => {
    const stack = await start({ MAX_UNUSED_CLIENTS: '3' });
    const used = await signIn(stack);
    const unused = [];
    for (let index = 0; index < 5; index += 1) {
      unused.push(await registerClient(stack.publicUrl, { client_name: `Unused ${String(index)}` }));
    }
    const answers = [];
    for (const client of unused) {
      const page = await openBrowser().get(authorizationRequest(stack.publicUrl, client).url);
      answers.push(page.status);
    }
    expect(answers).toEqual([400, 400, 303, 303, 303]);
    expect((await callTool(stack.mcpUrl, used.tokens.access_token)).status).toBe(200);
    const refreshed = await postForm(
      `${stack.publicUrl}/token`,
      refreshRequest(used.client, used.tokens.refresh_token),
    );
    expect(refreshed.status).toBe(200);
  });
});

describe('clients that somebody is signing in with', () => {
  it('S17: are not evicted by those that come after them', async () => {
    const stack = await start({ MAX_UNUSED_CLIENTS: '3' });
    const first = await registerClient(stack.publicUrl, { client_name: 'On the way' });
    const browser = openBrowser();
    expect((await browser.get(authorizationRequest(stack.publicUrl, first).url)).status).toBe(303);
    for (let index = 0; index < 5; index += 1) {
      await registerClient(stack.publicUrl, { client_name: `Flood ${String(index)}` });
    }
    expect((await signIn(stack, { client: first })).tokens.refresh_token).not.toBe('');
  });
});

describe('1,000 registrations in a minute from one address', () => {
  const flood = async (base: string) => {
    const statuses = new Map<number, number>();
    for (let sent = 0; sent < 1_000; sent += 20) {
      const batch = Array.from({ length: 20 }, async (_, index) => {
        const response = await register(base, { client_name: `Client ${String(sent + index)}` });
        await response.text();
        return response.status;
      });
      for (const status of await Promise.all(batch)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    return Object.fromEntries(statuses);
  };
  const clientsIn = (dump: string) =>
    dump.split('\n').filter((line) => line.startsWith('ocg:client:')).length;

  it('116 are answered 429 beyond the default limit, and no more than that is stored', async () => {
    const stack = await start({ REGISTRATION_LIMIT: '' });
    expect(await flood(stack.publicUrl)).toEqual({ 201: 100, 429: 900 });
    expect(clientsIn(stack.dump())).toBe(100);
  }, 60_000);

  it('116 store no more than MAX_UNUSED_CLIENTS, whatever the limit by address lets through', async () => {
    const stack = await start({ MAX_UNUSED_CLIENTS: '50' });
    expect(await flood(stack.publicUrl)).toEqual({ 201: 1_000 });
    // Registrations that run at the same moment make room for each other a little late.
    expect(clientsIn(stack.dump())).toBeLessThanOrEqual(50 + 20);
  }, 60_000);
});

describe('CLIENT_REGISTRATION=allowlist', () => {
  const env = { CLIENT_REGISTRATION: 'allowlist', CLIENT_REDIRECT_ALLOWLIST: 'loopback,https://claude.ai' };

  it('keeps the redirect URIs on the list and says so (RFC 7591 §3.2.1)', async () => {
    const stack = await start(env);
    const answer = await register(stack.publicUrl, {
      redirect_uris: ['cursor://x/cb', REDIRECT_URI, 'https://evil.example/cb'],
    });
    expect(answer.status).toBe(201);
    expect(((await answer.json()) as { redirect_uris: unknown }).redirect_uris).toEqual([REDIRECT_URI]);
  });

  it('refuses a client that has none', async () => {
    const stack = await start(env);
    const refused = await register(stack.publicUrl, { redirect_uris: ['https://evil.example/cb'] });
    await expectOAuthError(refused, 400, 'invalid_redirect_uri');
  });
});

describe('the page for a client id that is dead (item 10)', () => {
  it('says what to do and whom to ask', async () => {
    const stack = await start({ SUPPORT_CONTACT: 'mailto:platform@example.com' });
    const client = { clientId: 'dcr_gone', redirectUri: REDIRECT_URI };
    const page = await openBrowser().get(authorizationRequest(stack.publicUrl, client).url);
    expect(page.status).toBe(400);
    expect(page.text).toContain('add it again');
    expect(page.text).toContain('href="mailto:platform@example.com"');
  });

  it('is not the only one: a device form from another browser says whom to ask as well', async () => {
    const stack = await start({ SUPPORT_CONTACT: 'mailto:platform@example.com' });
    const page = await openBrowser().post(`${stack.publicUrl}/device`, { xsrf: 'x', user_code: 'BBBB-BBBB' });
    expect(page.status).toBe(403);
    expect(page.text).toContain('This form has expired');
    expect(page.text).toContain('href="mailto:platform@example.com"');
  });
});
