import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import {
  expectErrorRedirect,
  expectLocalPage,
  expectPageHeaders,
  withoutSideEffect,
} from '../support/expect-answer.ts';
import type { AuthorizationRequest } from '../support/oauth-client.ts';
import { authorizationRequest, authorize, signIn } from '../support/oauth-client.ts';
import { rawExchange, rawRequest, statusesIn } from '../support/raw-http.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();

/** Asks without a session; nothing may be stored or sent to GitHub. */
async function refused(url: string): Promise<Page> {
  return await withoutSideEffect(shared.stack, async () => await openBrowser().get(url));
}

function request(parameters: Record<string, string | undefined> = {}): AuthorizationRequest {
  return authorizationRequest(shared.stack.publicUrl, shared.client, parameters);
}

async function expectBack(of: AuthorizationRequest, errors: string | readonly string[]): Promise<void> {
  const page = await refused(of.url);
  expectErrorRedirect(page, errors, { request: of, client: shared.client, issuer: shared.stack.publicUrl });
}

describe('the client of an authorization request (RFC 6749 §4.1.2.1)', () => {
  it('001 a request without client_id ends on a page of ours', async () => {
    expectLocalPage(await refused(request({ client_id: undefined }).url));
  });

  it('002 an unknown client_id ends on a page that does not echo it', async () => {
    const page = await refused(request({ client_id: 'dcr_<img src=x>' }).url);
    expectLocalPage(page);
    expect(page.text).not.toContain('<img');
  });
});

describe('malformed authorization requests', () => {
  it('003 a missing response_type goes back as invalid_request', async () => {
    await expectBack(request({ response_type: undefined }), 'invalid_request');
  });

  it.each(['token', 'id_token', 'code token', 'none', 'code id_token'])(
    '004 response_type %s goes back as an error, never with a token',
    async (responseType) => {
      const of = request({ response_type: responseType });
      const page = await refused(of.url);
      expect(page.status).toBe(303);
      // Errors of implicit response types travel in the fragment (RFC 6749 §4.2.2.1).
      const answer = new URLSearchParams(page.location?.split(/[?#]/)[1]);
      expect(answer.get('error')).toMatch(/^(?:unsupported_response_type|unauthorized_client)$/);
      expect(answer.get('state')).toBe(of.state);
      expect([...answer.keys()].filter((name) => /token|code/.test(name))).toEqual([]);
    },
  );

  it.each(['client_id', 'redirect_uri'])('005 a repeated %s ends on a page of ours', async (name) => {
    const { url } = request();
    const value = new URL(url).searchParams.get(name) ?? '';
    expectLocalPage(await refused(`${url}&${name}=${encodeURIComponent(value)}`));
  });

  it.each(['code_challenge', 'code_challenge_method', 'scope', 'response_type'])(
    '005 a repeated %s goes back as invalid_request',
    async (name) => {
      const of = request();
      const value = new URL(of.url).searchParams.get(name) ?? '';
      await expectBack({ ...of, url: `${of.url}&${name}=${encodeURIComponent(value)}` }, 'invalid_request');
    },
  );

  it('005 a repeated state is refused and neither value is sent back', async () => {
    const page = await refused(`${request().url}&state=second`);
    expect([303, 400]).toContain(page.status);
    expect(page.location ?? '').not.toContain('code=');
    expect(page.location ?? 'error=').toContain('error=');
  });

  it('006 a scope that is not offered is neither shown nor granted', async () => {
    const { consent } = await authorize(shared.stack, shared.client, {
      parameters: { scope: 'read:user admin:org delete_repo' },
    });
    expect(consent.text).toContain('read:user');
    expect(consent.text).not.toMatch(/admin:org|delete_repo/);
  });

  it.each(['read:user "', 'read:user \\', 'read:user\nrepo', 'read:usér'])(
    '007 scope %j goes back as invalid_scope',
    async (scope) => {
      await expectBack(request({ scope }), 'invalid_scope');
    },
  );

  it('007 a scope of 100 kB is refused before it is read', async () => {
    const page = await refused(request({ scope: 'x'.repeat(100_000) }).url);
    expect([414, 431]).toContain(page.status);
  });

  it('008 another origin as resource goes back as invalid_target', async () => {
    await expectBack(request({ resource: 'https://evil.example/mcp' }), 'invalid_target');
  });

  it.each(['#f', '/../mcp', '?x=1', '//', '/%2e', '@evil.example'])(
    '009 our resource with %s appended goes back as invalid_target',
    async (suffix) => {
      await expectBack(request({ resource: `${shared.stack.mcpUrl}${suffix}` }), 'invalid_target');
    },
  );

  it('009 a resource without a value counts as left out (RFC 6749 §3.1)', async () => {
    const browser = openBrowser();
    const consent = await browser.follow(await browser.get(request({ resource: '' }).url));
    expect(consent.text).toContain(shared.stack.mcpUrl);
  });

  it.each(['/mcp', 'mcp', 'javascript:1'])(
    '009 resource %j goes back as invalid_target',
    async (resource) => {
      await expectBack(request({ resource }), 'invalid_target');
    },
  );

  it('009 two resources, one of them foreign, are refused', async () => {
    const of = request({ resource: shared.stack.mcpUrl });
    await expectBack({ ...of, url: `${of.url}&resource=https://evil.example` }, 'invalid_target');
  });

  it('010 an unsigned request object overrides nothing and is refused (RFC 9101)', async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const jar = `${encode({ alg: 'none' })}.${encode({ redirect_uri: 'https://evil.example/cb' })}.`;
    const page = await refused(request({ request: jar }).url);
    expect(page.location ?? '').not.toContain('evil.example');
    expect(page.location ?? 'error=request_not_supported').toContain('error=request_not_supported');
  });

  it('011 request_uri is refused and never fetched', async () => {
    let connections = 0;
    const target = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const { port } = target.address() as AddressInfo;
    await expectBack(
      request({ request_uri: `http://127.0.0.1:${String(port)}/jar` }),
      'request_uri_not_supported',
    );
    expect(connections).toBe(0);
    await new Promise((resolve) => target.close(resolve));
  });

  it.each(['fragment', 'form_post', 'web_message', 'query.jwt', 'jwt', 'QUERY'])(
    '012 response_mode %s, which metadata does not list, is not served',
    async (mode) => {
      const of = request({ response_mode: mode, prompt: 'none' });
      const page = await refused(of.url);
      expectErrorRedirect(page, ['unsupported_response_mode', 'invalid_request'], {
        request: of,
        client: shared.client,
        issuer: shared.stack.publicUrl,
      });
    },
  );

  it('013 a state full of markup travels percent-encoded only', async () => {
    const state = '"><script>alert(1)</script>';
    const page = await refused(request({ state, response_type: undefined }).url);
    expect(new URL(page.location ?? '').searchParams.get('state')).toBe(state);
    expect(page.location).not.toMatch(/[<>"]/);
    expect(page.text).not.toContain('<script>');
  });
});

describe('prompts and hints', () => {
  it('014 prompt=none without a session goes back as login_required', async () => {
    await expectBack(request({ prompt: 'none' }), ['login_required', 'interaction_required']);
  });

  it('015 prompt=none with a session and an earlier consent yields no code', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client });
    const of = request({ prompt: 'none' });
    const page = await browser.get(of.url);
    expectErrorRedirect(page, ['consent_required', 'interaction_required'], {
      request: of,
      client: shared.client,
      issuer: shared.stack.publicUrl,
    });
  });

  it('016 an authorization request by POST is not served', async () => {
    const { origin, pathname, searchParams } = new URL(request().url);
    const page = await withoutSideEffect(
      shared.stack,
      async () =>
        await openBrowser().post(`${origin}${pathname}`, searchParams, { origin: 'https://evil.example' }),
    );
    expect([404, 405]).toContain(page.status);
    expect(page.location).toBeUndefined();
  });

  it('017 hints neither switch nor reveal an account', async () => {
    const { browser } = await signIn(shared.stack, { client: shared.client, login: 'octocat' });
    await signIn(shared.stack, { client: shared.client, login: 'hubot' });
    const hinted = request({ login_hint: 'hubot', id_token_hint: 'eyJhbGciOiJub25lIn0.e30.' });
    const consent = await browser.follow(await browser.get(hinted.url));
    expect(consent.status).toBe(200);
    expect(consent.text).toContain('octocat');
    expect(consent.text).not.toContain('hubot');
    const stranger = openBrowser();
    const anonymous = await stranger.follow(await stranger.get(hinted.url));
    expect(anonymous.text).not.toMatch(/octocat|hubot/);
  });
});

describe('what every answer says', () => {
  it.each([
    [['host: evil.example']],
    [['host: localhost', 'x-forwarded-host: evil.example', 'x-forwarded-proto: https']],
    [['host: localhost', 'forwarded: host=evil.example;proto=https']],
    [['host: localhost', 'x-forwarded-prefix: /evil', 'x-original-url: https://evil.example/']],
    [['host: evil.example', 'x-forwarded-port: 666', 'x-forwarded-ssl: on']],
  ])(
    '019 metadata and redirects are made from PUBLIC_URL whatever %j says',
    async (headers: readonly string[]) => {
      const { pathname, search } = new URL(request().url);
      for (const target of [
        '/.well-known/oauth-authorization-server',
        '/.well-known/openid-configuration',
        '/.well-known/oauth-protected-resource/mcp',
        `${pathname}${search}`,
        '/mcp',
      ]) {
        const received = await rawExchange(shared.stack.publicUrl, rawRequest(`GET ${target}`, headers));
        expect([200, 303, 401]).toContain(statusesIn(received)[0]);
        expect(received).not.toMatch(/evil|:666\b|https:/);
      }
    },
  );

  it('020 a successful answer carries iss, byte for byte the issuer of the metadata (RFC 9207 §2)', async () => {
    const { answer } = await authorize(shared.stack, shared.client);
    const metadata = await fetch(`${shared.stack.publicUrl}/.well-known/oauth-authorization-server`);
    expect(answer.get('code')).not.toBeNull();
    expect(answer.get('iss')).toBe(((await metadata.json()) as Record<string, unknown>)['issuer']);
  });

  it('021 every page forbids caching, framing and third-party content (RFC 9700 §4.2)', async () => {
    const { consent } = await authorize(shared.stack, shared.client);
    expectPageHeaders(consent);
    expect(consent.headers.get('referrer-policy')).toMatch(/^(?:same-origin|no-referrer)$/);
    expect(consent.text).not.toMatch(/(?:src|href)="/);
    expectPageHeaders(await openBrowser().get(`${shared.stack.publicUrl}/auth/callback?state=x`));
    expectPageHeaders(await openBrowser().get(request({ client_id: 'nobody' }).url));
  });

  it('022 the way back to the client is a 303 or 302, which never repeats a form (RFC 9700 §4.12)', async () => {
    const { back } = await authorize(shared.stack, shared.client);
    expect([302, 303]).toContain(back.status);
  });
});

describe('paths that look like the endpoints', () => {
  it.each(['/AUTHORIZE', '/Authorize', '/authorize/'])(
    '012 the spelling %s is no way around the rules of /authorize',
    async (path) => {
      const of = request({ response_mode: 'form_post', prompt: 'none' });
      const page = await refused(of.url.replace('/authorize', path));
      expect(page.text).not.toContain('Submitting Callback');
      expect([303, 404]).toContain(page.status);
    },
  );
});
