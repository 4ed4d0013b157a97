import { decodeJwt } from 'jose';
import { describe, expect } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import type { Tokens } from '../support/oauth-client.ts';
import {
  authorizationRequest,
  authorize,
  callTool,
  postForm,
  postJson,
  redemption,
  refreshRequest,
  signIn,
} from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack();

async function token(form: Record<string, string>): Promise<Response> {
  return await postForm(`${shared.stack.publicUrl}/token`, form);
}

describe('the authorization code flow', () => {
  verifies('A1', 'a public client with PKCE gets a token that opens the endpoint', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    expect(tokens.token_type.toLowerCase()).toBe('bearer');
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(200);
  });

  verifies('A1', 'a flow without PKCE yields no code', async () => {
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client, {
      code_challenge: undefined,
    });
    const { location } = await openBrowser().get(url);
    expect(new URL(location ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  verifies('A10', 'a redirect URI that is not registered gets a page and no redirect', async () => {
    const { url } = authorizationRequest(shared.stack.publicUrl, shared.client, {
      redirect_uri: 'http://127.0.0.1:7777/other',
    });
    const page = await openBrowser().get(url);
    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
  });

  verifies('A11', 'plain http is registered for this computer only', async () => {
    for (const [uri, status] of [
      ['http://127.0.0.1:1234/cb', 201],
      ['http://localhost:1234/cb', 201],
      ['https://app.example/cb', 201],
      ['http://app.example/cb', 400],
    ] as const) {
      const response = await postJson(`${shared.stack.publicUrl}/register`, { redirect_uris: [uri] });
      expect(response.status, uri).toBe(status);
    }
  });

  verifies('A11', 'every endpoint is on the origin of the issuer', async () => {
    const response = await fetch(`${shared.stack.publicUrl}/.well-known/oauth-authorization-server`);
    const document = (await response.json()) as Record<string, unknown>;
    const urls = Object.entries(document).filter(([name]) => /_endpoint$|_uri$/.test(name));
    expect(urls.length).toBeGreaterThanOrEqual(5);
    for (const [name, url] of urls) expect(new URL(String(url)).origin, name).toBe(shared.stack.publicUrl);
  });

  verifies('A12', 'a success carries iss', async () => {
    const { answer } = await authorize(shared.stack, shared.client);
    expect(answer.get('code')).not.toBeNull();
    expect(answer.get('iss')).toBe(shared.stack.publicUrl);
  });

  verifies('A12', 'an error carries iss, at once and after the person decided', async () => {
    const { stack, client } = shared;
    const early = authorizationRequest(stack.publicUrl, client, { response_type: 'unknown' });
    const { location } = await openBrowser().get(early.url);
    expect(new URL(location ?? '').searchParams.get('iss')).toBe(stack.publicUrl);
    const browser = openBrowser();
    const late = authorizationRequest(stack.publicUrl, client);
    const consent = await browser.follow(await browser.get(late.url));
    const denied = await browser.follow(await browser.submit(consent, { decision: 'deny' }), (target) =>
      target.startsWith(client.redirectUri),
    );
    const answer = new URL(denied.location ?? '').searchParams;
    expect(answer.get('error')).toBe('access_denied');
    expect(answer.get('iss')).toBe(stack.publicUrl);
    expect(answer.get('state')).toBe(late.state);
  });

  verifies('R13', 'a malformed request is 400, on a page or at the token endpoint', async () => {
    expect((await openBrowser().get(`${shared.stack.publicUrl}/authorize`)).status).toBe(400);
    const response = await token({ client_id: shared.client.clientId });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });
});

describe('resource indicators (RFC 8707)', () => {
  const SPELLINGS = [
    (url: string) => url,
    (url: string) => `${url}/`,
    (url: string) => url.replace('http://localhost', 'HTTP://LOCALHOST'),
  ];

  verifies('A14', 'each spelling of the resource yields a token for its canonical form', async () => {
    for (const atAuthorize of SPELLINGS) {
      for (const atToken of SPELLINGS) {
        const { code, request } = await authorize(shared.stack, shared.client, {
          parameters: { resource: atAuthorize(shared.stack.mcpUrl) },
        });
        const form = redemption(shared.client, { code, codeVerifier: request.codeVerifier });
        const response = await token({ ...form, resource: atToken(shared.stack.mcpUrl) });
        const tokens = (await response.json()) as Tokens;
        expect(decodeJwt(tokens.access_token).aud).toBe(shared.stack.mcpUrl);
      }
    }
  });

  verifies('A14', 'a refresh takes the resource in each spelling', async () => {
    let { refresh_token: refreshToken } = (await signIn(shared.stack, { client: shared.client })).tokens;
    for (const spell of SPELLINGS) {
      const form = { ...refreshRequest(shared.client, refreshToken), resource: spell(shared.stack.mcpUrl) };
      const response = await token(form);
      expect(response.status).toBe(200);
      refreshToken = ((await response.json()) as Tokens).refresh_token;
    }
  });

  verifies('A14', 'without a resource the token is for the one there is', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    expect(decodeJwt(tokens.access_token).aud).toBe(shared.stack.mcpUrl);
  });
});

describe('tokens', () => {
  verifies('A15', 'an access token lives at most five minutes, and says so', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const { exp = 0, iat = 0 } = decodeJwt(tokens.access_token);
    expect(exp - iat).toBeLessThanOrEqual(300);
    expect(tokens.expires_in).toBe(exp - iat);
  });

  verifies('A16', 'each refresh answers another refresh token', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const seen = new Set([tokens.refresh_token]);
    let current = tokens.refresh_token;
    for (let count = 0; count < 3; count += 1) {
      const response = await token(refreshRequest(shared.client, current));
      current = ((await response.json()) as Tokens).refresh_token;
      seen.add(current);
    }
    expect(seen.size).toBe(4);
  });
});
