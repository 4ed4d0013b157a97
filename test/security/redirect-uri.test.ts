import { beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectLocalPage, expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import type { RegisteredClient } from '../support/oauth-client.ts';
import { authorizationRequest, postJson, registerClient } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();
const WEB = 'https://app.example/cb';
const LOOPBACK = 'http://127.0.0.1/cb';

let web: RegisteredClient;
let native: RegisteredClient;
beforeAll(async () => {
  const { publicUrl } = shared.stack;
  web = { ...(await registerClient(publicUrl, { redirect_uris: [WEB] })), redirectUri: WEB };
  native = { ...(await registerClient(publicUrl, { redirect_uris: [LOOPBACK] })), redirectUri: LOOPBACK };
});

async function ask(client: RegisteredClient, redirectUri: string | undefined) {
  const { url } = authorizationRequest(shared.stack.publicUrl, client, { redirect_uri: redirectUri });
  return await openBrowser().get(url);
}

async function expectRefused(client: RegisteredClient, redirectUri: string | undefined): Promise<void> {
  expectLocalPage(await withoutSideEffect(shared.stack, async () => await ask(client, redirectUri)));
}

describe('redirect URIs compare as strings (RFC 9700 §4.1.3)', () => {
  it.each([
    ['046', 'https://app.example/cb/'],
    ['047', 'https://app.example/cb?x=1'],
    ['048', 'https://app.example/cb#frag'],
    ['049', 'https://app.example:443/cb'],
    ['050', 'HTTPS://APP.EXAMPLE/cb'],
    ['051', 'https://app.example@evil.example/cb'],
    ['052', 'https://app.example%40evil.example/cb'],
    ['053', 'https://app.example.evil.example/cb'],
    ['054', 'https://evil.example/https://app.example/cb'],
    ['055', 'https://app.example/cb/../x'],
    ['055', 'https://app.example/x/../cb'],
    ['055', 'https://app.example/cb/%2e%2e/cb'],
    ['056', 'https:/app.example/cb'],
    ['056', 'https:app.example/cb'],
    ['056', '//app.example/cb'],
    ['057', 'https://app\uff0eexample/cb'],
    ['057', 'https://\u0430pp.example/cb'],
    ['057', 'https://app\u00ad.example/cb'],
    ['058', 'https://app.example/cb '],
    ['058', 'https://app.example/cb\t'],
    ['058', 'https://app.example/cb\n'],
    ['058', 'https://app.example/cb\0'],
    ['058', ' https://app.example/cb'],
  ])('%s %j is not the registered URI: a page of ours, no redirect', async (_case, redirectUri) => {
    await expectRefused(web, redirectUri);
  });

  it('059 a request without redirect_uri is refused although one is registered', async () => {
    await expectRefused(web, undefined);
  });

  it('060 a request without redirect_uri is refused when two are registered', async () => {
    const client = await registerClient(shared.stack.publicUrl, {
      redirect_uris: [WEB, 'https://app.example/other'],
    });
    await expectRefused(client, undefined);
  });
});

describe('the port exception of native clients (RFC 8252 §7.3)', () => {
  it('061 any port of the registered loopback URI is accepted', async () => {
    const page = await ask(native, 'http://127.0.0.1:51999/cb');
    expect(page.status).toBe(303);
    expect(page.location).toContain('/interaction/');
  });

  it.each([
    ['062', 'http://localhost:51999/cb'],
    ['062', 'http://[::1]:51999/cb'],
    ['062', 'http://127.0.0.2:51999/cb'],
    ['062', 'https://127.0.0.1:51999/cb'],
    ['063', 'http://127.0.0.1:51999/other'],
    ['063', 'http://127.0.0.1:51999/cb?x'],
    ['064', 'http://127.0.0.1:80@evil.example/cb'],
    ['064', 'http://127.0.0.1:51999#@evil.example/cb'],
    ['064', 'http://evil.example:51999/cb'],
    ['065', 'http://127.0.0.1:65536/cb'],
    ['065', 'http://127.0.0.1:0x50/cb'],
    ['065', 'http://127.0.0.1:80:80/cb'],
    ['065', 'http://127.0.0.1:-1/cb'],
    ['065', 'http://127.1:51999/cb'],
    ['065', 'http://2130706433:51999/cb'],
  ])('%s %s is refused', async (_case, redirectUri) => {
    await expectRefused(native, redirectUri);
  });

  it('065 port 0, at which nothing can listen, is refused', async () => {
    await expectRefused(native, 'http://127.0.0.1:0/cb');
  });

  it('066 a web client has no port exception', async () => {
    await expectRefused(web, 'https://app.example:8443/cb');
  });
});

describe('redirect URIs at registration', () => {
  async function register(redirectUris: unknown): Promise<Response> {
    return await withoutSideEffect(
      shared.stack,
      async () => await postJson(`${shared.stack.publicUrl}/register`, { redirect_uris: redirectUris }),
    );
  }

  it.each([
    ['067', 'http://evil.example/cb'],
    ['068', 'javascript:alert(1)'],
    ['068', 'JaVaScRiPt:alert(1)'],
    ['068', 'data:text/html,x'],
    ['068', 'blob:https://app.example/x'],
    ['068', 'vbscript:x'],
    ['068', 'file:///etc/passwd'],
    ['068', 'about:blank'],
    ['068', 'ws://127.0.0.1/cb'],
    ['068', 'ftp://127.0.0.1/cb'],
    ['069', 'https://*.example/cb'],
    ['069', 'https://app.example/*'],
    ['070', 'https://a@b.example/cb'],
    ['070', 'https://@b.example/cb'],
    ['070', 'https://ok.example\\@evil.example/cb'],
    ['070', 'https://ok.example/../cb'],
    ['071', 'http://2130706433/cb'],
    ['071', 'http://0x7f.1/cb'],
    ['071', 'http://127.1/cb'],
    ['071', 'http://0.0.0.0/cb'],
    ['071', 'http://localhost./cb'],
    ['071', 'http://localhost.evil.example/cb'],
    ['072', `https://app.example/${'x'.repeat(3000)}`],
    ['072', 'https://app.example/cb#f'],
    ['072', ''],
    ['072', 'not a uri'],
    ['073', 'myapp:cb'],
    ['073', 'myapp://cb'],
    ['073', 'http-evil:cb'],
    ['073', 'com.example.app://user@host/cb'],
  ])('%s %j is refused as invalid_redirect_uri', async (_case, redirectUri) => {
    await expectOAuthError(await register([redirectUri]), 400, 'invalid_redirect_uri');
    await expectOAuthError(await register([WEB, redirectUri]), 400, 'invalid_redirect_uri');
  });

  it.each([
    ['eleven URIs', Array.from({ length: 11 }, (_, index) => `${WEB}${String(index)}`)],
    ['none', []],
    ['a number', [1]],
    ['the same twice', [WEB, WEB]],
    ['a string', WEB],
    ['null', null],
  ])('072 a list of %s is refused', async (_title, redirectUris) => {
    await expectOAuthError(await register(redirectUris), 400, 'invalid_redirect_uri');
  });

  it.each(['cursor://anysphere.cursor-mcp/oauth/callback', 'com.example.app:/cb', 'vscode://x/y'])(
    '073 the private-use scheme of %s is accepted',
    async (redirectUri) => {
      const response = await postJson(`${shared.stack.publicUrl}/register`, { redirect_uris: [redirectUri] });
      expect(response.status).toBe(201);
    },
  );

  it.each(['/REGISTER', '/Register', '/register/'])(
    '067 the spelling %s is no way around the registration policy',
    async (path) => {
      const response = await withoutSideEffect(
        shared.stack,
        async () =>
          await postJson(`${shared.stack.publicUrl}${path}`, {
            redirect_uris: ['http://evil.example/cb'],
            application_type: 'web',
          }),
      );
      expect([400, 404]).toContain(response.status);
    },
  );
});
