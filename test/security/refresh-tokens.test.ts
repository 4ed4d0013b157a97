import { describe, expect, it } from 'vitest';
import { parseRefreshToken } from '../../gateway/grants/index.ts';
import { expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import { DAY_MS, SECOND_MS, useMovableClock } from '../support/movable-clock.ts';
import type { RegisteredClient, Tokens } from '../support/oauth-client.ts';
import { callTool, postForm, refreshRequest, registerClient, signIn } from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import { useStack } from '../support/use-stack.ts';

const clock = useMovableClock();
const shared = useStack();

async function refresh(
  token: string,
  more: Record<string, string> = {},
  client: RegisteredClient = shared.client,
): Promise<Response> {
  return await postForm(`${shared.stack.publicUrl}/token`, { ...refreshRequest(client, token), ...more });
}

async function refreshed(token: string): Promise<Tokens> {
  const response = await refresh(token);
  expect(response.status).toBe(200);
  return (await response.json()) as Tokens;
}

async function newSession(): Promise<Tokens> {
  return (await signIn(shared.stack, { client: shared.client })).tokens;
}

/** Calls a tool, and waits until it is written down that the answer with this token was received. */
async function use({ access_token: token }: Tokens): Promise<void> {
  const before = shared.stack.snapshot();
  expect((await callTool(shared.stack.mcpUrl, token)).status).toBe(200);
  await until(() =>
    shared.stack.snapshot().some((row) => row.includes('refresh-receipt') && !before.includes(row)),
  );
}

const lateAnswers = () => shared.stack.events.filter(({ type }) => type === 'refresh.answered_late').length;

describe('B10: a refresh whose answer was lost', () => {
  it.each([31, 98, 300, 3 * 3600, 8 * 3600])(
    'is answered with the same successor %d s later',
    async (seconds) => {
      const first = await newSession();
      const lost = await refreshed(first.refresh_token);
      clock.advance(seconds * SECOND_MS);
      const before = lateAnswers();
      const again = await refreshed(first.refresh_token);
      expect(again.refresh_token).toBe(lost.refresh_token);
      expect(lateAnswers()).toBe(before + 1);
      await refreshed(again.refresh_token);
    },
  );

  it('ends the access tokens of the lost answer, not those of the late one', async () => {
    const first = await newSession();
    const lost = await refreshed(first.refresh_token);
    clock.advance(31 * SECOND_MS);
    const again = await refreshed(first.refresh_token);
    await until(async () => (await callTool(shared.stack.mcpUrl, lost.access_token)).status === 401);
    expect((await callTool(shared.stack.mcpUrl, again.access_token)).status).toBe(200);
  });

  it('two holders who take turns on one rhythm end the grant at the second step', async () => {
    const stolen = await newSession();
    await use(await refreshed(stolen.refresh_token));
    clock.advance(240 * SECOND_MS);
    await expectOAuthError(await refresh(stolen.refresh_token), 400, 'invalid_grant');
    expect(shared.stack.events).toContainEqual(
      expect.objectContaining({ type: 'grant.ended', reason: 'refresh_token_reused' }),
    );
  });

  it('is not answered once the successor was shown', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    clock.advance(DAY_MS / 24);
    await refreshed(second.refresh_token);
    clock.advance(31 * SECOND_MS);
    await expectOAuthError(await refresh(first.refresh_token), 400, 'invalid_grant');
  });

  it('is answered three times in a day, and then ends the grant', async () => {
    const first = await newSession();
    await refreshed(first.refresh_token);
    for (let count = 0; count < 3; count += 1) {
      clock.advance(31 * SECOND_MS);
      await refreshed(first.refresh_token);
    }
    clock.advance(31 * SECOND_MS);
    await expectOAuthError(await refresh(first.refresh_token), 400, 'invalid_grant');
  });
});

describe('rotation (RFC 9700 §4.14.2)', () => {
  it('106 every refresh of a public client yields another refresh token', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.access_token).not.toBe(first.access_token);
  });

  it('106 a token superseded longer ago than the window ends the grant, its successor and its calls', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    clock.advance(31 * SECOND_MS);
    expect((await callTool(shared.stack.mcpUrl, second.access_token)).status).toBe(200);
    await expectOAuthError(await refresh(first.refresh_token), 400, 'invalid_grant');
    await expectOAuthError(await refresh(second.refresh_token), 400, 'invalid_grant');
    expect((await callTool(shared.stack.mcpUrl, second.access_token)).status).toBe(401);
    expect(shared.stack.events).toContainEqual(
      expect.objectContaining({ type: 'grant.ended', reason: 'refresh_token_reused' }),
    );
  });

  it('107 another client with the token is refused, and the owner’s token still works', async () => {
    const { refresh_token: token } = await newSession();
    const other = await registerClient(shared.stack.publicUrl);
    const response = await withoutSideEffect(shared.stack, async () => await refresh(token, {}, other));
    await expectOAuthError(response, 400, 'invalid_grant');
    await refreshed(token);
  });

  it('107 another client with a token superseded long ago cannot end the grant', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    await use(second);
    clock.advance(31 * SECOND_MS);
    const other = await registerClient(shared.stack.publicUrl);
    const response = await withoutSideEffect(
      shared.stack,
      async () => await refresh(first.refresh_token, {}, other),
    );
    await expectOAuthError(response, 400, 'invalid_grant');
    await refreshed(second.refresh_token);
  });

  it('108 asking for more scope is invalid_scope and burns nothing (RFC 6749 §6)', async () => {
    const { refresh_token: token } = await newSession();
    const response = await withoutSideEffect(
      shared.stack,
      async () => await refresh(token, { scope: 'read:user repo' }),
    );
    await expectOAuthError(response, 400, 'invalid_scope');
    await refreshed(token);
  });

  it.each(['read:user offline_access', 'offline_access', 'openid read:user'])(
    'asking for %s, of which something is not offered here, is answered with the real scope',
    async (scope) => {
      const { refresh_token: token } = await newSession();
      const response = await refresh(token, { scope });
      expect(response.status).toBe(200);
      expect(((await response.json()) as Tokens).scope).toBe('read:user');
    },
  );

  it('109 narrowing is answered with the real scope, which later refreshes still have', async () => {
    const { tokens } = await signIn(shared.stack, {
      client: shared.client,
      parameters: { scope: 'read:user read:org' },
    });
    const response = await refresh(tokens.refresh_token, { scope: 'read:user' });
    const narrowed = (await response.json()) as Tokens;
    expect(narrowed.scope.split(' ').sort()).toEqual(['read:org', 'read:user']);
    expect((await refreshed(narrowed.refresh_token)).scope).toBe(narrowed.scope);
  });

  it.each(['https://evil.example/mcp', 'http://localhost:1/mcp', 'mcp'])(
    '109 refreshing for resource %s is invalid_target and burns nothing (RFC 8707 §2.2)',
    async (resource) => {
      const { refresh_token: token } = await newSession();
      const response = await withoutSideEffect(shared.stack, async () => await refresh(token, { resource }));
      await expectOAuthError(response, 400, 'invalid_target');
      await refreshed(token);
    },
  );
});

describe('forged refresh tokens', () => {
  const flip = (text: string) => (text.endsWith('A') ? 'B' : 'A');
  it.each([
    ['a changed last character', (token: string) => token.slice(0, -1) + flip(token)],
    ['the next generation with the old MAC', (token: string) => token.replace(/\.0\./, '.1.')],
    ['a generation far ahead', (token: string) => token.replace(/\.0\./, '.zzzzzzz.')],
    ['another grant id', (token: string) => token.replace(/^ocr_./, (start) => `ocr_${flip(start)}`)],
    ['upper case', (token: string) => token.toUpperCase()],
    ['a trailing newline', (token: string) => `${token}\n`],
    ['nothing', () => ''],
    ['10 kB', () => 'x'.repeat(10_000)],
    ['JSON', () => '{}'],
  ])('115 %s is refused, and the genuine token still works', async (_title, forge) => {
    const { refresh_token: token } = await newSession();
    const response = await withoutSideEffect(shared.stack, async () => await refresh(forge(token)));
    await expectOAuthError(response, 400, ['invalid_grant', 'invalid_request']);
    await refreshed(token);
  });

  it('115 the store holds neither codes, nor tokens, nor anything they are made from', async () => {
    const { tokens, code, codeVerifier } = await signIn(shared.stack, { client: shared.client });
    const next = await refreshed(tokens.refresh_token);
    const dump = shared.stack.dump();
    for (const token of [tokens.refresh_token, next.refresh_token]) {
      const [, , mac = ''] = token.split('.');
      expect(mac).toHaveLength(43);
      expect(dump).not.toContain(mac);
    }
    for (const secret of [code, codeVerifier, tokens.access_token]) expect(dump).not.toContain(secret);
    expect(dump).not.toMatch(/gh[opurs]_[A-Za-z0-9]/);
  });
});

describe('ends of a grant', () => {
  it('113 a revoked grant refuses refreshes and unexpired access tokens at once', async () => {
    const tokens = await newSession();
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(200);
    const form = { token: tokens.refresh_token, client_id: shared.client.clientId };
    expect((await postForm(`${shared.stack.publicUrl}/revoke`, form)).status).toBe(200);
    await expectOAuthError(await refresh(tokens.refresh_token), 400, 'invalid_grant');
    const call = await callTool(shared.stack.mcpUrl, tokens.access_token);
    expect(call.status).toBe(401);
    expect(call.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('114 a client that was never used is forgotten, and its token requests say invalid_client', async () => {
    const unused = await registerClient(shared.stack.publicUrl);
    clock.advance(8 * DAY_MS);
    const response = await refresh('ocr_unknown', {}, unused);
    await expectOAuthError(response, 401, 'invalid_client');
  });

  it('111 a grant that is used every week ends at its absolute age', async () => {
    let { refresh_token: token } = await newSession();
    for (let week = 1; week <= 12; week += 1) {
      clock.advance(7 * DAY_MS);
      token = (await refreshed(token)).refresh_token;
    }
    clock.advance(7 * DAY_MS);
    await expectOAuthError(await refresh(token), [400, 401], ['invalid_grant', 'invalid_client']);
  });

  it('111 a grant that is not used for its idle time ends', async () => {
    const client = await registerClient(shared.stack.publicUrl);
    const { tokens } = await signIn(shared.stack, { client });
    clock.advance(14 * DAY_MS + 60 * SECOND_MS);
    await expectOAuthError(await refresh(tokens.refresh_token, {}, client), 400, 'invalid_grant');
  });
});

/** What an operator is told of the refresh that was refused last, in the event and in the log. */
function lastRefusal() {
  const event = shared.stack.events.findLast(({ type }) => type === 'token.refused');
  const line = shared.stack.log.findLast((text) => text.includes('a token request was refused'));
  return { event, logged: JSON.parse(line ?? '{}') as Record<string, unknown> };
}

describe('"why was I logged out", asked of the token endpoint', () => {
  it.each<[string, string, string | undefined, (tokens: Tokens) => Promise<string>]>([
    [
      'the application signed out',
      'grant_ended',
      'revoked_by_client',
      async ({ refresh_token: token }) => {
        await postForm(`${shared.stack.publicUrl}/revoke`, { token, client_id: shared.client.clientId });
        return token;
      },
    ],
    [
      'nobody used it for too long',
      'grant_ended',
      'idle',
      async ({ refresh_token: token }) => {
        clock.advance(14 * DAY_MS + 60 * SECOND_MS);
        return await Promise.resolve(token);
      },
    ],
    [
      'an old token was used again',
      'refresh_token_reused',
      undefined,
      async ({ refresh_token: token }) => {
        const { refresh_token: next } = await refreshed(token);
        await refreshed(next);
        clock.advance(31 * SECOND_MS);
        return token;
      },
    ],
  ])('%s', async (_why, reason, ended, end) => {
    const token = await end(await newSession());
    await expectOAuthError(await refresh(token), 400, 'invalid_grant');
    const { event, logged } = lastRefusal();
    const grantId = parseRefreshToken(token)?.grantId;
    const told = { reason, grantType: 'refresh_token', clientId: shared.client.clientId, grantId };
    expect(event).toMatchObject({ ...told, ended });
    expect(logged).toMatchObject(ended === undefined ? told : { ...told, ended });
    expect(JSON.stringify(logged)).not.toContain(token);
  });
});
