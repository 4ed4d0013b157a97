import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { approveRequest } from '../support/approve.ts';
import { callTool, REDIRECT_URI } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

// Time is moved past the window in which a lost answer may be fetched again.
beforeAll(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => vi.useRealTimers());

const shared = useStack();
const AFTER_REUSE_WINDOW_MS = 31_000;
const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const CLIENT = { client_name: 'Library', redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' };

describe('openid-client', () => {
  // Deprecated so that it stands out; everything here is on loopback.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const { None, allowInsecureRequests } = openid;

  /** From discovery to tokens, as its documentation shows. */
  async function signIn(algorithm: 'oauth2' | 'oidc') {
    const config = await openid.dynamicClientRegistration(new URL(shared.stack.publicUrl), CLIENT, None(), {
      algorithm,
      execute: [allowInsecureRequests],
    });
    const codeVerifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'read:user',
      resource: shared.stack.mcpUrl,
      code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
    });
    const { callback } = await approveRequest(shared.stack, url.href);
    const tokens = await openid.authorizationCodeGrant(config, new URL(callback), {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
    });
    return { config, tokens };
  }

  const toolStatus = async (accessToken: string) =>
    (await callTool(shared.stack.mcpUrl, accessToken, 'githubGetMe')).status;
  const refreshed = async (config: openid.Configuration, tokens: openid.TokenEndpointResponse) =>
    await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
  const error = async (running: Promise<unknown>) => {
    const failure: unknown = await running.then(
      () => 'no error',
      (reason: unknown) => reason,
    );
    return failure instanceof openid.ResponseBodyError ? failure.error : failure;
  };

  for (const algorithm of ['oauth2', 'oidc'] as const) {
    verifies('D4', `finds the server by its ${algorithm} document, registers and signs in`, async () => {
      const { config, tokens } = await signIn(algorithm);
      expect(config.serverMetadata().issuer).toBe(shared.stack.publicUrl);
      expect(tokens.token_type).toBe('bearer');
      expect(await toolStatus(tokens.access_token)).toBe(200);
    });
  }

  verifies('A16', 'gets a new refresh token each time, and an old one ends the grant', async () => {
    const { config, tokens } = await signIn('oauth2');
    const second = await refreshed(config, tokens);
    expect(second.refresh_token).not.toBe(tokens.refresh_token);
    expect(await toolStatus(second.access_token)).toBe(200);
    pass(AFTER_REUSE_WINDOW_MS);
    expect(await error(refreshed(config, tokens))).toBe('invalid_grant');
    expect(await error(refreshed(config, second))).toBe('invalid_grant');
  });

  verifies('A16', 'may repeat a refresh whose answer was lost, and gets the same successor', async () => {
    const { config, tokens } = await signIn('oauth2');
    const second = await refreshed(config, tokens);
    const again = await refreshed(config, tokens);
    expect(again.refresh_token).toBe(second.refresh_token);
    expect(await toolStatus(again.access_token)).toBe(200);
  });

  verifies('A1', 'revokes its refresh token, and nothing can be had for it any more', async () => {
    const { config, tokens } = await signIn('oauth2');
    await openid.tokenRevocation(config, tokens.refresh_token ?? '');
    expect(await error(refreshed(config, tokens))).toBe('invalid_grant');
  });
});

describe('oauth4webapi', () => {
  // Its one check that is off: everything here is on loopback.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const insecure = { [oauth.allowInsecureRequests]: true };

  /** Resource, then server, then client: nothing is configured but the URL of the MCP endpoint. */
  async function discover() {
    const resourceUrl = new URL(shared.stack.mcpUrl);
    const resourceAnswer = await oauth.resourceDiscoveryRequest(resourceUrl, insecure);
    const resource = await oauth.processResourceDiscoveryResponse(resourceUrl, resourceAnswer);
    const issuer = new URL(resource.authorization_servers?.[0] ?? 'about:blank');
    const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    return { resource, server: await oauth.processDiscoveryResponse(issuer, answer) };
  }

  async function register(server: oauth.AuthorizationServer): Promise<oauth.Client> {
    const answer = await oauth.dynamicClientRegistrationRequest(server, CLIENT, insecure);
    return await oauth.processDynamicClientRegistrationResponse(answer);
  }

  async function signIn() {
    const { resource, server } = await discover();
    const client = await register(server);
    const codeVerifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const url = new URL(server.authorization_endpoint ?? 'about:blank');
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: (resource.scopes_supported ?? []).join(' '),
      resource: resource.resource,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
      state,
    }).toString();
    const { callback } = await approveRequest(shared.stack, url.href);
    return { resource, server, client, codeVerifier, state, callback: new URL(callback) };
  }

  async function redeem({
    server,
    client,
    codeVerifier,
    state,
    callback,
  }: Awaited<ReturnType<typeof signIn>>) {
    const parameters = oauth.validateAuthResponse(server, client, callback, state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      parameters,
      REDIRECT_URI,
      codeVerifier,
      insecure,
    );
    return await oauth.processAuthorizationCodeResponse(server, client, answer);
  }

  verifies('D1', 'finds the authorization server from nothing but the URL of the endpoint', async () => {
    const { resource, server } = await discover();
    expect(resource.resource).toBe(shared.stack.mcpUrl);
    expect(server.issuer).toBe(shared.stack.publicUrl);
  });

  verifies('A12', 'takes our answer with its iss, and refuses it without or with another', async () => {
    const { server, client, state, callback } = await signIn();
    expect(server.authorization_response_iss_parameter_supported).toBe(true);
    const validate = (change: (parameters: URLSearchParams) => void) => {
      const changed = new URLSearchParams(callback.searchParams);
      change(changed);
      return () => oauth.validateAuthResponse(server, client, changed, state);
    };
    expect(validate(() => undefined)).not.toThrow();
    expect(validate((parameters) => parameters.delete('iss'))).toThrow();
    expect(validate((parameters) => parameters.set('iss', 'https://evil.example'))).toThrow();
  });

  verifies('R3', 'finds our access token to be a proper JWT for this resource (RFC 9068)', async () => {
    const signedIn = await signIn();
    const { server, resource } = signedIn;
    const tokens = await redeem(signedIn);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const call = new Request(shared.stack.mcpUrl, { headers });
    const claims = await oauth.validateJwtAccessToken(server, call, resource.resource, insecure);
    expect(claims.client_id).toBe(signedIn.client.client_id);
    expect(claims.scope).toBe('read:user');
    await expect(
      oauth.validateJwtAccessToken(server, call, 'https://another.example/mcp', insecure),
    ).rejects.toThrow();
  });

  verifies('A1', 'redeems a code once, refreshes, calls the endpoint and revokes', async () => {
    const signedIn = await signIn();
    const { server, client } = signedIn;
    const tokens = await redeem(signedIn);
    const refreshAnswer = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.None(),
      tokens.refresh_token ?? '',
      insecure,
    );
    const refreshed = await oauth.processRefreshTokenResponse(server, client, refreshAnswer);
    const call = await oauth.protectedResourceRequest(
      refreshed.access_token,
      'POST',
      new URL(shared.stack.mcpUrl),
      new Headers({ 'content-type': 'application/json' }),
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      insecure,
    );
    expect(call.status).toBe(200);
    const revocation = await oauth.revocationRequest(
      server,
      client,
      oauth.None(),
      refreshed.refresh_token ?? '',
      insecure,
    );
    await oauth.processRevocationResponse(revocation);
    const late = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.None(),
      refreshed.refresh_token ?? '',
      insecure,
    );
    await expect(oauth.processRefreshTokenResponse(server, client, late)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  verifies('R1', 'reads the challenge of a refused call', async () => {
    const call = oauth.protectedResourceRequest(
      'not-a-token',
      'POST',
      new URL(shared.stack.mcpUrl),
      new Headers({ 'content-type': 'application/json' }),
      '{}',
      insecure,
    );
    const failure: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(failure instanceof oauth.WWWAuthenticateChallengeError)) throw new Error('no challenge was read');
    const [challenge] = failure.cause;
    expect(challenge).toMatchObject({ scheme: 'bearer', parameters: { error: 'invalid_token' } });
    expect(challenge?.parameters.resource_metadata).toContain('/.well-known/oauth-protected-resource/mcp');
  });
});
