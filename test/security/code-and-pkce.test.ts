import { describe, expect, it } from 'vitest';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectErrorRedirect, expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import { SECOND_MS, useMovableClock } from '../support/movable-clock.ts';
import type { RegisteredClient, Tokens } from '../support/oauth-client.ts';
import {
  authorizationRequest,
  authorize,
  callTool,
  postForm,
  redemption,
  refreshRequest,
  registerClient,
} from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();

/** A code that is waiting, with everything its owner knows. */
async function obtainCode(client: RegisteredClient = shared.client, login = 'octocat') {
  const { code, request } = await authorize(shared.stack, client, { login });
  expect(code).not.toBe('');
  return { client, code, codeVerifier: request.codeVerifier };
}

async function token(form: Record<string, string>): Promise<Response> {
  return await postForm(`${shared.stack.publicUrl}/token`, form);
}

/** A redemption that must cost its owner nothing: refused, no trace, and the honest one works afterwards. */
async function expectHarmless(
  of: Awaited<ReturnType<typeof obtainCode>>,
  form: Record<string, string>,
  errors: string | readonly string[] = 'invalid_grant',
): Promise<void> {
  await expectOAuthError(await withoutSideEffect(shared.stack, async () => await token(form)), 400, errors);
  expect((await token(redemption(of.client, of))).status).toBe(200);
}

describe('PKCE at the authorization endpoint (OAuth 2.1 §7.5, RFC 9700 §2.1.1)', () => {
  it.each([
    ['074 no code_challenge', { code_challenge: undefined }],
    ['075 neither challenge nor method', { code_challenge: undefined, code_challenge_method: undefined }],
    ['076 method plain', { code_challenge_method: 'plain' }],
    ['076 no method, which would mean plain', { code_challenge_method: undefined }],
    ['076 method s256', { code_challenge_method: 's256' }],
    ['076 method S512', { code_challenge_method: 'S512' }],
    ['077 method S256 with an empty challenge', { code_challenge: '' }],
    ['077 a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }],
    ['077 a challenge with a space', { code_challenge: `${'a'.repeat(42)} ` }],
    ['077 a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }],
  ])('%s goes back as invalid_request', async (_title, parameters: Record<string, string | undefined>) => {
    const request = authorizationRequest(shared.stack.publicUrl, shared.client, parameters);
    const page = await withoutSideEffect(shared.stack, async () => await openBrowser().get(request.url));
    expectErrorRedirect(page, 'invalid_request', {
      request,
      client: shared.client,
      issuer: shared.stack.publicUrl,
    });
  });

  it.each(['oauth-authorization-server', 'openid-configuration'])(
    '081 %s lists exactly S256',
    async (document) => {
      const response = await fetch(`${shared.stack.publicUrl}/.well-known/${document}`);
      const metadata = (await response.json()) as Record<string, unknown>;
      expect(metadata['code_challenge_methods_supported']).toEqual(['S256']);
    },
  );
});

describe('PKCE at the token endpoint (RFC 7636 §4.6)', () => {
  it('078 a redemption without verifier is refused and costs nothing', async () => {
    const of = await obtainCode();
    const { code_verifier: _left, ...form } = redemption(of.client, of);
    await expectHarmless(of, form);
  });

  it.each([
    ['079 cut short', (verifier: string) => verifier.slice(0, -1)],
    ['079 with its case flipped', (verifier: string) => verifier.replace(/[a-z]/g, (x) => x.toUpperCase())],
    ['079 padded', (verifier: string) => `${verifier}=`],
    ['079 of another login', () => 'a'.repeat(43)],
    ['080 of 42 characters', () => 'a'.repeat(42)],
    ['080 of 129 characters', () => 'a'.repeat(129)],
    ['080 with a space', (verifier: string) => `${verifier} `],
    ['080 with a NUL', (verifier: string) => `${verifier}\0`],
    ['080 of 15 kB', () => 'a'.repeat(15_000)],
  ])('%s the verifier is refused and costs nothing', async (_title, change) => {
    const of = await obtainCode();
    const form = { ...redemption(of.client, of), code_verifier: change(of.codeVerifier) };
    await expectHarmless(of, form, ['invalid_grant', 'invalid_request']);
  });

  it('079 the challenge is not its own verifier', async () => {
    const { code, request } = await authorize(shared.stack, shared.client);
    const challenge = new URL(request.url).searchParams.get('code_challenge') ?? '';
    const of = { client: shared.client, code, codeVerifier: request.codeVerifier };
    await expectHarmless(of, { ...redemption(shared.client, of), code_verifier: challenge });
  });

  it('080 a verifier of 1 MB is refused before it is read', async () => {
    const of = await obtainCode();
    const form = { ...redemption(of.client, of), code_verifier: 'a'.repeat(1_000_000) };
    const response = await withoutSideEffect(shared.stack, async () => await token(form));
    await expectOAuthError(response, [400, 413], 'invalid_request');
  });
});

describe('authorization codes (RFC 6749 §4.1.3)', () => {
  it('083 a code shown by another client, with the right verifier, stays its owner’s', async () => {
    const of = await obtainCode();
    const other = await registerClient(shared.stack.publicUrl, { client_name: 'Other' });
    await expectHarmless(of, redemption(other, of));
  });

  it('084 a code shown with another redirect URI is refused', async () => {
    const redirectUris = [shared.client.redirectUri, 'https://app.example/other'];
    const client = await registerClient(shared.stack.publicUrl, { redirect_uris: redirectUris });
    const of = await obtainCode(client);
    await expectHarmless(of, { ...redemption(client, of), redirect_uri: 'https://app.example/other' });
  });

  it('084 a redemption without redirect URI is refused', async () => {
    const of = await obtainCode();
    const { redirect_uri: _left, ...form } = redemption(of.client, of);
    await expectHarmless(of, form, ['invalid_grant', 'invalid_request']);
  });

  it('085 a code is refused after 60 seconds and works before', async () => {
    const early = await obtainCode();
    const late = await obtainCode();
    clock.advance(58 * SECOND_MS);
    expect((await token(redemption(early.client, early))).status).toBe(200);
    clock.advance(3 * SECOND_MS);
    const response = await withoutSideEffect(
      shared.stack,
      async () => await token(redemption(late.client, late)),
    );
    await expectOAuthError(response, 400, 'invalid_grant');
  });

  it.each(['https://evil.example/mcp', 'http://localhost:1/mcp', '/mcp'])(
    '086 redeeming for resource %s is invalid_target and consumes nothing (RFC 8707 §2.2)',
    async (resource) => {
      const of = await obtainCode();
      await expectHarmless(of, { ...redemption(of.client, of), resource }, 'invalid_target');
    },
  );

  it('086 two resources at redemption are invalid_target and consume nothing', async () => {
    const of = await obtainCode();
    const form = new URLSearchParams(redemption(of.client, of));
    form.append('resource', shared.stack.mcpUrl);
    form.append('resource', 'https://evil.example/mcp');
    const response = await withoutSideEffect(
      shared.stack,
      async () => await postForm(`${shared.stack.publicUrl}/token`, form),
    );
    await expectOAuthError(response, 400, 'invalid_target');
    expect((await token(redemption(of.client, of))).status).toBe(200);
  });

  it('087 a code injected into another person’s session lacks that session’s verifier', async () => {
    const stolen = await obtainCode(shared.client, 'octocat');
    const victim = await obtainCode(shared.client, 'hubot');
    await expectHarmless(stolen, redemption(shared.client, { ...stolen, codeVerifier: victim.codeVerifier }));
  });

  it('082 a code replayed later by its client ends what was issued for it', async () => {
    const of = await obtainCode();
    const tokens = (await (await token(redemption(of.client, of))).json()) as Tokens;
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(200);
    clock.advance(6 * SECOND_MS);
    await expectOAuthError(await token(redemption(of.client, of)), 400, 'invalid_grant');
    const refreshed = await token(refreshRequest(of.client, tokens.refresh_token));
    await expectOAuthError(refreshed, 400, 'invalid_grant');
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(401);
  });

  it.each([
    [
      'another client',
      async (of: Awaited<ReturnType<typeof obtainCode>>) => {
        return redemption(await registerClient(shared.stack.publicUrl, { client_name: 'Other' }), of);
      },
    ],
    [
      'a wrong verifier',
      async (of: Awaited<ReturnType<typeof obtainCode>>) => {
        return redemption(of.client, { ...of, codeVerifier: 'b'.repeat(43) });
      },
    ],
  ])('082 a replay with %s ends nothing', async (_title, forged) => {
    const of = await obtainCode();
    const tokens = (await (await token(redemption(of.client, of))).json()) as Tokens;
    clock.advance(6 * SECOND_MS);
    const form = await forged(of);
    const response = await withoutSideEffect(shared.stack, async () => await token(form));
    await expectOAuthError(response, 400, 'invalid_grant');
    expect((await token(refreshRequest(of.client, tokens.refresh_token))).status).toBe(200);
  });

  it.each([
    ['empty', ''],
    ['10 kB', 'x'.repeat(10_000)],
    ['NUL', 'abc\0def'],
    ['JSON', '{"code":"x"}'],
    ['a path', '../../etc/passwd'],
    ['control characters', 'a\r\nb'],
  ])('089 a code that is %s is refused', async (_title, code) => {
    const form = redemption(shared.client, { code, codeVerifier: 'a'.repeat(43) });
    const response = await withoutSideEffect(shared.stack, async () => await token(form));
    await expectOAuthError(response, 400, ['invalid_grant', 'invalid_request']);
  });

  it('089 ids of other records are no codes, and codes no refresh tokens', async () => {
    const { browser, request, code } = await authorize(shared.stack, shared.client);
    const session = browser.cookies().find(({ name }) => name === 'gw_sid')?.value ?? '';
    const interaction = browser.cookies().find(({ path }) => path.startsWith('/interaction/'))?.path ?? '';
    const of = { client: shared.client, code, codeVerifier: request.codeVerifier };
    const tokens = (await (await token(redemption(shared.client, of))).json()) as Tokens;
    const foreign = [
      session,
      interaction.split('/').at(-1) ?? '',
      tokens.refresh_token,
      tokens.access_token,
      shared.client.clientId,
    ];
    for (const id of foreign) {
      const form = redemption(shared.client, { code: id, codeVerifier: request.codeVerifier });
      const response = await withoutSideEffect(shared.stack, async () => await token(form));
      await expectOAuthError(response, 400, ['invalid_grant', 'invalid_request']);
    }
    const asRefresh = await token(refreshRequest(shared.client, code));
    await expectOAuthError(asRefresh, 400, 'invalid_grant');
  });

  it('090 guessed codes leave no record behind', async () => {
    const guesses = Array.from({ length: 200 }, (_, index) =>
      Buffer.from(`guess number ${String(index)} of a code`).toString('base64url'),
    );
    const statuses = await withoutSideEffect(shared.stack, async () => {
      const all: number[] = [];
      for (const code of guesses) {
        all.push((await token(redemption(shared.client, { code, codeVerifier: 'a'.repeat(43) }))).status);
      }
      return all;
    });
    expect(new Set(statuses)).toEqual(new Set([400]));
  });
});
