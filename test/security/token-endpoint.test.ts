import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import type { Tokens } from '../support/oauth-client.ts';
import {
  authorize,
  postForm,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();

async function post(body: string, headers: Record<string, string>, query = ''): Promise<Response> {
  return await fetch(`${shared.stack.publicUrl}/token${query}`, { method: 'POST', headers, body });
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A code nobody redeemed yet, as form text. */
async function waitingCode() {
  const { code, request } = await authorize(shared.stack, shared.client);
  const form = redemption(shared.client, { code, codeVerifier: request.codeVerifier });
  return { form, text: new URLSearchParams(form).toString() };
}

async function expectStillRedeemable(form: Record<string, string>): Promise<void> {
  expect((await postForm(`${shared.stack.publicUrl}/token`, form)).status).toBe(200);
}

describe('the shape of a token request (RFC 6749 §3.2)', () => {
  it('092 GET is refused and redeems nothing', async () => {
    const { form, text } = await waitingCode();
    const response = await withoutSideEffect(
      shared.stack,
      async () => await fetch(`${shared.stack.publicUrl}/token?${text}`),
    );
    expect([404, 405]).toContain(response.status);
    expect(await response.text()).not.toContain('access_token');
    await expectStillRedeemable(form);
  });

  it.each([
    ['application/json'],
    ['application/json, application/x-www-form-urlencoded'],
    ['text/plain'],
    ['multipart/form-data; boundary=x'],
    ['application/x-www-form-urlencodedx'],
    [''],
  ])('093 content type %j is invalid_request and redeems nothing', async (contentType) => {
    const { form, text } = await waitingCode();
    const body = contentType === 'application/json' ? JSON.stringify(form) : text;
    const response = await withoutSideEffect(
      shared.stack,
      async () => await post(body, { 'content-type': contentType }),
    );
    await expectOAuthError(response, [400, 415], 'invalid_request');
    await expectStillRedeemable(form);
  });

  it('094 parameters in the query are invalid_request and redeem nothing (OAuth 2.1 §3.2)', async () => {
    const { form, text } = await waitingCode();
    for (const body of ['', text]) {
      const response = await withoutSideEffect(shared.stack, async () => await post(body, FORM, `?${text}`));
      await expectOAuthError(response, 400, 'invalid_request');
    }
    await expectStillRedeemable(form);
  });

  it.each(['grant_type', 'code', 'client_id', 'code_verifier', 'redirect_uri'])(
    '095 a repeated %s is invalid_request and redeems nothing',
    async (name) => {
      const { form, text } = await waitingCode();
      const again = new URLSearchParams({ [name]: new URLSearchParams(text).get(name) ?? '' }).toString();
      const response = await withoutSideEffect(
        shared.stack,
        async () => await post(`${text}&${again}`, FORM),
      );
      await expectOAuthError(response, 400, 'invalid_request');
      await expectStillRedeemable(form);
    },
  );

  it.each([
    'password',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'implicit',
    'AUTHORIZATION_CODE',
    '__proto__',
    'constructor',
  ])('096 grant type %s is unsupported_grant_type', async (grantType) => {
    const form = { grant_type: grantType, client_id: shared.client.clientId, username: 'a', password: 'b' };
    const response = await withoutSideEffect(
      shared.stack,
      async () => await postForm(`${shared.stack.publicUrl}/token`, form),
    );
    await expectOAuthError(response, 400, ['unsupported_grant_type', 'unauthorized_client']);
  });

  it('096 a missing grant type is invalid_request', async () => {
    const form = { client_id: shared.client.clientId };
    const response = await postForm(`${shared.stack.publicUrl}/token`, form);
    await expectOAuthError(response, 400, 'invalid_request');
  });

  it.each(['/TOKEN', '/Token', '/token/'])(
    '094 the spelling %s is no way around the rules of /token',
    async (path) => {
      const { form, text } = await waitingCode();
      const response = await withoutSideEffect(
        shared.stack,
        async () =>
          await fetch(`${shared.stack.publicUrl}${path}?x=1`, { method: 'POST', headers: FORM, body: text }),
      );
      expect([400, 404]).toContain(response.status);
      await expectStillRedeemable(form);
    },
  );
});

describe('client authentication (RFC 6749 §5.2)', () => {
  it.each([
    ['097 a secret of a public client', { client_secret: 'x' }, {}],
    ['097 Basic with an empty secret', {}, { authorization: `Basic ${btoa('CLIENT:')}` }],
    ['099 Basic that is not base64', {}, { authorization: 'Basic %%%' }],
    ['099 Basic without a colon', {}, { authorization: `Basic ${btoa('CLIENT')}` }],
    ['099 Basic that is not UTF-8', {}, { authorization: 'Basic //79/A==' }],
    ['099 Basic with percent tricks', {}, { authorization: `Basic ${btoa('%:%')}` }],
    ['100 Basic of another client', {}, { authorization: `Basic ${btoa('other:secret')}` }],
    ['100 an assertion', { client_assertion: 'x', client_assertion_type: 'y' }, {}],
  ])(
    '%s is refused and redeems nothing',
    async (_title, extra: Record<string, string>, headers: Record<string, string>) => {
      const { form, text } = await waitingCode();
      const authorization = headers['authorization']?.replace(
        btoa('CLIENT:'),
        btoa(`${shared.client.clientId}:`),
      );
      const more = authorization === undefined ? {} : { authorization };
      const body = `${text}&${new URLSearchParams(extra).toString()}`;
      const response = await withoutSideEffect(
        shared.stack,
        async () => await post(body, { ...FORM, ...more }),
      );
      await expectOAuthError(response, [400, 401], ['invalid_client', 'invalid_request']);
      await expectStillRedeemable(form);
    },
  );

  it('097 an unknown client is invalid_client with 401, so that clients register again', async () => {
    const { form } = await waitingCode();
    const response = await withoutSideEffect(
      shared.stack,
      async () => await postForm(`${shared.stack.publicUrl}/token`, { ...form, client_id: 'dcr_unknown' }),
    );
    await expectOAuthError(response, 401, 'invalid_client');
    await expectStillRedeemable(form);
  });

  it('097 a missing client_id is refused', async () => {
    const { form } = await waitingCode();
    const { client_id: _left, ...rest } = form;
    const response = await withoutSideEffect(
      shared.stack,
      async () => await postForm(`${shared.stack.publicUrl}/token`, rest),
    );
    await expectOAuthError(response, [400, 401], ['invalid_client', 'invalid_request']);
  });
});

describe('token answers', () => {
  it('101 success and errors are uncacheable JSON and allow no credentialed origin (RFC 6749 §5.1)', async () => {
    const { form } = await waitingCode();
    const headers = { ...FORM, origin: 'https://evil.example' };
    for (const code of [form.code, 'wrong']) {
      const body = new URLSearchParams({ ...form, code }).toString();
      const response = await post(body, headers);
      expect(response.headers.get('cache-control')).toContain('no-store');
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it.each(['https://evil.example', 'null'])(
    '102 a preflight from %s is answered without reflecting it and without credentials',
    async (origin) => {
      const response = await fetch(`${shared.stack.publicUrl}/token`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    },
  );

  it('103 an access token is an at+jwt for exactly the resource, short, and holds nothing of GitHub’s', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const claims = decodeJwt(tokens.access_token);
    expect(claims.aud).toBe(shared.stack.mcpUrl);
    expect(claims.iss).toBe(shared.stack.publicUrl);
    expect(claims.jti).toBeTypeOf('string');
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(300);
    expect(tokens.expires_in).toBeLessThanOrEqual(300);
    expect(JSON.stringify(claims)).not.toMatch(/gho_|ghu_|@|octocat/);
  });
});

describe('revocation (RFC 7009)', () => {
  async function revoke(form: Record<string, string>): Promise<Response> {
    return await postForm(`${shared.stack.publicUrl}/revoke`, form);
  }

  async function refresh(token: string): Promise<Response> {
    return await postForm(`${shared.stack.publicUrl}/token`, refreshRequest(shared.client, token));
  }

  it('104 another client cannot revoke a refresh token', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const other = await registerClient(shared.stack.publicUrl, { client_name: 'Other' });
    const response = await withoutSideEffect(
      shared.stack,
      async () => await revoke({ token: tokens.refresh_token, client_id: other.clientId }),
    );
    expect([200, 400]).toContain(response.status);
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it.each(['', 'unknown', 'ocr_AAAAAAAAAAAAAAAAAAAAAA.0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])(
    '104 revoking %j changes nothing',
    async (token) => {
      const response = await withoutSideEffect(
        shared.stack,
        async () => await revoke({ token, client_id: shared.client.clientId }),
      );
      expect(response.status).toBe(token === '' ? 400 : 200);
    },
  );

  it('104 an old generation that was leaked revokes like the current one', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    const next = (await (await refresh(tokens.refresh_token)).json()) as Tokens;
    await revoke({ token: tokens.refresh_token, client_id: shared.client.clientId });
    await expectOAuthError(await refresh(next.refresh_token), 400, 'invalid_grant');
  });

  it.each(['/introspect', '/token/introspection', '/introspection'])(
    '105 there is no introspection endpoint at %s',
    async (path) => {
      const { tokens } = await signIn(shared.stack, { client: shared.client });
      const response = await postForm(`${shared.stack.publicUrl}${path}`, {
        token: tokens.access_token,
        client_id: shared.client.clientId,
      });
      expect(response.status).toBe(404);
    },
  );
});
