import { describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP, OCTOCAT } from '../../github-simulator/index.ts';
import {
  CHALLENGE,
  createClient,
  failureOf,
  REDIRECT_URI,
  signIn,
  simulator,
  START,
  VERIFIER,
} from './oauth-drive.ts';

describe('authorizationUrl', () => {
  const request = { state: 's&t', redirectUri: REDIRECT_URI, scopes: ['repo', 'read:org'] };

  it('sends client, redirect, state, blank-separated scopes and an S256 challenge (RFC 7636 §4.3)', () => {
    const url = new URL(createClient().authorizationUrl({ ...request, codeChallenge: CHALLENGE }));
    expect(`${url.origin}${url.pathname}`).toBe(`${simulator.webBase}/login/oauth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: DEMO_OAUTH_APP.clientId,
      redirect_uri: REDIRECT_URI,
      scope: 'repo read:org',
      state: 's&t',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    });
  });

  it('sends an empty scope for none and no scope at all for a GitHub App', () => {
    const scopeOf = (scopes: string[] | null): string | null =>
      new URL(createClient({ pkce: false }).authorizationUrl({ ...request, scopes })).searchParams.get(
        'scope',
      );
    expect([scopeOf([]), scopeOf(null)]).toEqual(['', null]);
  });

  it('suggests an account and asks for the picker', () => {
    const url = createClient({ pkce: false }).authorizationUrl({
      ...request,
      login: 'hubot',
      selectAccount: true,
    });
    expect(url).toContain('login=hubot&prompt=select_account');
  });

  it.each([undefined, 'short', `${CHALLENGE}=`])(
    'refuses the challenge %s while PKCE is on',
    (codeChallenge) => {
      const client = createClient();
      expect(() =>
        client.authorizationUrl(codeChallenge === undefined ? request : { ...request, codeChallenge }),
      ).toThrow(TypeError);
    },
  );

  it('leaves the challenge out when PKCE is off', () => {
    expect(
      createClient({ pkce: false }).authorizationUrl({ ...request, codeChallenge: CHALLENGE }),
    ).not.toContain('code_challenge');
  });
});

describe('exchangeCode', () => {
  it('gives a token of an OAuth App with the granted scopes and no expiry', async () => {
    const tokens = await signIn();
    expect(tokens).toEqual({
      accessToken: tokens.accessToken,
      scopes: ['read:user', 'repo'],
    });
    expect(tokens.accessToken).toMatch(/^gho_[A-Za-z0-9]{36}$/);
  });

  it('gives expiry and refresh token when offline_access is asked for, which is no scope', async () => {
    const tokens = await signIn(createClient(), ['repo', 'offline_access']);
    expect(tokens).toMatchObject({
      scopes: ['repo'],
      expiresAt: START + 28_800_000,
      refreshTokenExpiresAt: START + 15_897_600_000,
    });
  });

  it('reads a GitHub App token, which has no scopes', async () => {
    const { clientId, clientSecret } = DEMO_GITHUB_APP;
    const tokens = await signIn(createClient({ clientId, readClientSecret: () => clientSecret }), null);
    expect(tokens).toMatchObject({ scopes: [], expiresAt: START + 28_800_000 });
  });

  it('reports fewer scopes when the user granted fewer (case 146)', async () => {
    simulator.autoApprove({ login: 'octocat', scopes: ['read:user'] });
    expect((await signIn()).scopes).toEqual(['read:user']);
  });

  it('needs a verifier while PKCE is on', async () => {
    await expect(createClient().exchangeCode({ code: 'c', redirectUri: REDIRECT_URI })).rejects.toThrow(
      TypeError,
    );
  });

  it('sends no verifier when PKCE is off', async () => {
    const client = createClient({ pkce: false });
    expect((await signIn(client)).accessToken).not.toBe('');
    expect(simulator.sightings(VERIFIER)).toEqual([]);
  });

  it('sends code and secret in the body only', async () => {
    await signIn();
    const places = simulator.sightings(DEMO_OAUTH_APP.clientSecret).map(({ place }) => place);
    expect(places).toEqual(['body']);
  });
});

describe('refresh', () => {
  it('gives a new pair and ends the old one', async () => {
    const client = createClient();
    const first = await signIn(client, ['repo', 'offline_access']);
    const second = await client.refresh(first.refreshToken ?? '');
    expect(second).toMatchObject({ scopes: ['repo'], expiresAt: START + 28_800_000 });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await client.checkToken(first.accessToken)).toEqual({ active: false });
    expect(await failureOf(client.refresh(first.refreshToken ?? ''))).toMatchObject({
      code: 'bad_refresh_token',
      disposition: 'restart_login',
      operation: 'refresh',
    });
  });
});

describe('checkToken, deleteToken, deleteGrant', () => {
  it('tells whose token it is, its scopes and its end', async () => {
    const client = createClient();
    const { accessToken } = await signIn(client, ['repo', 'offline_access']);
    expect(await client.checkToken(accessToken)).toEqual({
      active: true,
      userId: OCTOCAT.id,
      login: 'octocat',
      scopes: ['repo'],
      expiresAt: START + 28_800_000,
    });
  });

  it('does not know a token of another app', async () => {
    const { clientId, clientSecret } = DEMO_GITHUB_APP;
    const other = await signIn(createClient({ clientId, readClientSecret: () => clientSecret }), null);
    expect(await createClient().checkToken(other.accessToken)).toEqual({ active: false });
  });

  it('does not believe an answer about another app', async () => {
    const body = JSON.stringify({ app: { client_id: 'other' }, user: { id: 1, login: 'x' }, scopes: [] });
    simulator.setFaults([{ action: 'body', match: { pathPrefix: '/applications' }, body }]);
    expect(await failureOf(createClient().checkToken('gho_x'))).toMatchObject({ code: 'bad_answer' });
  });

  it('takes refused app credentials for an operator fault, not for a dead token', async () => {
    const { accessToken } = await signIn();
    const client = createClient({ readClientSecret: () => 'wrong' });
    expect(await failureOf(client.checkToken(accessToken))).toMatchObject({
      code: 'incorrect_client_credentials',
    });
    expect(await failureOf(client.deleteToken(accessToken))).toMatchObject({ disposition: 'operator' });
  });

  it('ends one token, and says so when it was gone', async () => {
    const client = createClient();
    const [first, second] = [await signIn(client), await signIn(client)];
    expect(await client.deleteToken(first.accessToken)).toBe('deleted');
    expect(await client.deleteToken(first.accessToken)).toBe('not_found');
    expect(await client.checkToken(second.accessToken)).toMatchObject({ active: true });
  });

  it('does not take 422 for gone while the token lives', async () => {
    const client = createClient();
    const { accessToken } = await signIn(client);
    simulator.setFaults([{ action: 'status', status: 422, match: { method: 'DELETE' } }]);
    expect(await failureOf(client.deleteToken(accessToken))).toMatchObject({
      code: 'bad_answer',
      status: 422,
    });
  });

  it('retries later when GitHub is in trouble', async () => {
    simulator.setFaults([{ action: 'html', match: { method: 'DELETE' } }]);
    expect(await failureOf(createClient().deleteGrant('gho_x'))).toMatchObject({ disposition: 'retry' });
  });

  it('ends every token of the user with the grant', async () => {
    const client = createClient();
    const [first, second] = [await signIn(client), await signIn(client)];
    expect(await client.deleteGrant(first.accessToken)).toBe('deleted');
    expect(await client.checkToken(second.accessToken)).toEqual({ active: false });
  });
});
