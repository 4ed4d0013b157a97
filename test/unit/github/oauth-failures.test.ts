import { describe, expect, it } from 'vitest';
import {
  answerWith,
  authorize,
  createClient,
  exchange,
  failureOf,
  REDIRECT_URI,
  signIn,
  simulator,
  START,
  tokenFault,
  VERIFIER,
} from './oauth-drive.ts';

describe('an error GitHub sends with status 200', () => {
  it('for a reused code restarts the login', async () => {
    const client = createClient();
    const code = (await authorize(client, [])).get('code') ?? '';
    await exchange(client, code);
    expect(await failureOf(exchange(client, code))).toMatchObject({
      code: 'bad_verification_code',
      disposition: 'restart_login',
      status: 200,
    });
  });

  it('for a wrong verifier restarts the login', async () => {
    const client = createClient();
    const code = (await authorize(client, [])).get('code') ?? '';
    const wrong = client.exchangeCode({ code, redirectUri: REDIRECT_URI, codeVerifier: 'x'.repeat(64) });
    expect(await failureOf(wrong)).toMatchObject({ code: 'bad_verification_code' });
  });

  it('for a wrong secret goes to the operator', async () => {
    const client = createClient({ readClientSecret: () => 'wrong-secret-value' });
    const failure = await failureOf(signIn(client));
    expect(failure).toMatchObject({ code: 'incorrect_client_credentials', disposition: 'operator' });
    expect(JSON.stringify(failure) + failure.message).not.toContain('wrong-secret-value');
  });

  it('for another redirect_uri goes to the operator', async () => {
    const client = createClient();
    const code = (await authorize(client, [])).get('code') ?? '';
    const other = client.exchangeCode({
      code,
      redirectUri: 'http://localhost:1/auth/callback',
      codeVerifier: VERIFIER,
    });
    expect(await failureOf(other)).toMatchObject({ code: 'redirect_uri_mismatch', disposition: 'operator' });
  });

  it('for an unverified e-mail address asks the user', async () => {
    simulator.putUser({ id: 7, login: 'newcomer', emailVerified: false });
    simulator.autoApprove({ login: 'newcomer' });
    expect(await failureOf(signIn())).toMatchObject({
      code: 'unverified_user_email',
      disposition: 'user_action',
    });
  });

  it.each([
    ['unsupported_grant_type', 'unsupported_grant_type', 'operator'],
    ['authorization_pending', 'authorization_pending', 'retry'],
    ['slow_down', 'slow_down', 'retry'],
    ['expired_token', 'expired_token', 'restart_login'],
    ['token_expired', 'expired_token', 'restart_login'],
    ['incorrect_device_code', 'incorrect_device_code', 'restart_login'],
    ['access_denied', 'access_denied', 'user_action'],
    ['device_flow_disabled', 'device_flow_disabled', 'operator'],
    ['application_suspended', 'application_suspended', 'operator'],
    ['something_new', 'bad_answer', 'operator'],
    ['unreachable', 'bad_answer', 'operator'],
    ['toString', 'bad_answer', 'operator'],
  ])('%s is %s, for %s', async (wire, code, disposition) => {
    answerWith({
      error: wire,
      error_description: 'secret-marker',
      access_token: 'gho_x',
      token_type: 'bearer',
    });
    const failure = await failureOf(exchange(createClient(), 'c'));
    expect(failure).toMatchObject({ code, disposition });
    expect(JSON.stringify(failure) + failure.message).not.toContain('secret-marker');
  });
});

describe('an answer that is not a token answer (T11, case 147, F36, F37)', () => {
  const token = { access_token: 'gho_x', token_type: 'bearer', scope: '' };

  it.each([
    ['an HTML page', '<!DOCTYPE html>'],
    ['form-encoded', 'access_token=gho_x&token_type=bearer&scope='],
    ['nothing', ''],
    ['a JSON array', [token]],
    ['JSON null', 'null'],
    ['a BOM', `\ufeff${JSON.stringify(token)}`],
    ['no token', { ...token, access_token: undefined }],
    ['an empty token', { ...token, access_token: '' }],
    ['a token that would split a header', { ...token, access_token: 'gho_x\r\nx: y' }],
    ['an endless token', { ...token, access_token: 'x'.repeat(5000) }],
    ['a numeric token', { ...token, access_token: 1 }],
    ['no token type', { ...token, token_type: undefined }],
    ['another token type', { ...token, token_type: 'mac' }],
    ['a scope list', { ...token, scope: ['repo'] }],
    ['a negative lifetime', { ...token, expires_in: -1 }],
    ['a textual lifetime', { ...token, expires_in: '28800' }],
    ['an absurd lifetime', { ...token, expires_in: 1e15 }],
    ['a broken refresh token', { ...token, refresh_token: '' }],
    ['a broken refresh lifetime', { ...token, refresh_token: 'ghr_x', refresh_token_expires_in: 0 }],
  ])('is bad_answer: %s', async (_name, body) => {
    answerWith(body);
    expect(await failureOf(exchange(createClient(), 'c'))).toMatchObject({ code: 'bad_answer' });
  });

  it('is bad_answer when it is not valid UTF-8', async () => {
    const json = JSON.stringify({ ...token, note: 'x' });
    const bytes = Buffer.from(json);
    bytes[json.indexOf('"x"') + 1] = 0xff;
    const client = createClient({
      http: {
        request: async () => ({ status: 200, headers: {}, body: bytes }),
        close: async () => undefined,
      },
    });
    expect(await failureOf(exchange(client, 'c'))).toMatchObject({ code: 'bad_answer' });
  });

  it('is accepted with an upper-case token type (RFC 6749 §5.1)', async () => {
    answerWith({ ...token, token_type: 'Bearer' });
    expect((await exchange(createClient(), 'c')).accessToken).toBe(token.access_token);
  });

  it('with a refresh token but no lifetime expires after an hour (F43)', async () => {
    answerWith({ ...token, access_token: 'opaque.token-1', refresh_token: 'ghr_x' });
    expect(await exchange(createClient(), 'c')).toEqual({
      accessToken: 'opaque.token-1',
      scopes: [],
      expiresAt: START + 3_600_000,
      refreshToken: 'ghr_x',
    });
  });

  it('is bad_answer for 10 MB', async () => {
    tokenFault({ action: 'body', body: 'x', repeat: 10_000_000 });
    expect(await failureOf(exchange(createClient(), 'c'))).toMatchObject({ code: 'bad_answer' });
  });

  it('is bad_answer for a redirect, which is not followed', async () => {
    tokenFault({ action: 'body', status: 307, headers: { location: '/login/oauth/access_token' }, body: '' });
    expect(await failureOf(exchange(createClient(), 'c'))).toMatchObject({ code: 'bad_answer', status: 307 });
    expect(simulator.journal()).toHaveLength(1);
  });

  it.each([500, 502, 503, 429])(
    'is server_error, to be retried, for an HTML page with %d',
    async (status) => {
      tokenFault({ action: 'html', status });
      expect(await failureOf(exchange(createClient(), 'c'))).toMatchObject({
        code: 'server_error',
        disposition: 'retry',
        status,
      });
    },
  );

  it('is an operator fault when GitHub does not know the client id', async () => {
    const client = createClient({ clientId: 'Ov23unknown' });
    expect(await failureOf(exchange(client, 'c'))).toMatchObject({
      code: 'incorrect_client_credentials',
      status: 404,
    });
  });

  it('is timeout after the total deadline', async () => {
    tokenFault({ action: 'delay', delayMs: 60_000 });
    expect(await failureOf(exchange(createClient({ timeoutMs: 60 }), 'c'))).toMatchObject({
      code: 'timeout',
      disposition: 'retry',
    });
  });

  it('is unreachable when the connection is cut, before or within the answer', async () => {
    const client = createClient();
    tokenFault({ action: 'reset' });
    expect(await failureOf(exchange(client, 'c'))).toMatchObject({
      code: 'unreachable',
      disposition: 'retry',
    });
    const code = (await authorize(client, ['repo'])).get('code') ?? '';
    tokenFault({ action: 'truncate', afterBytes: 20 });
    expect(await failureOf(exchange(client, code))).toMatchObject({ code: 'unreachable' });
    // The token exists at GitHub and nobody holds it.
    expect(simulator.tokens()).toEqual([expect.objectContaining({ live: 1 })]);
  });
});
