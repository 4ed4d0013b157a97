import { describe, expect, it } from 'vitest';
import type { Grant, StoredGrant } from '../../../gateway/grants/grant.ts';
import { createRefreshTokenGrant } from '../../../gateway/authorization-server/token/refresh-token-grant.ts';
import type { RefreshFamily } from '../../../gateway/grants/refresh-token.ts';
import { createRefreshTokens } from '../../../gateway/grants/refresh-tokens.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';

const ring = parseKeyRing(`a:${Buffer.alloc(32, 1).toString('base64url')}`);
const refreshTokens = createRefreshTokens(ring);
const grantId = 'A'.repeat(22);
const windowMs = 30_000;

/** A grant at generation 5 whose generation 4 was superseded at `supersededAt`. */
function grantAt(supersededAt: number): StoredGrant {
  const refresh: RefreshFamily = {
    keyId: 'a',
    generation: 5,
    supersededAt: [supersededAt],
    lateAnswers: [],
    attempt: 0,
  };
  const data: Grant = {
    clientId: 'c',
    clientName: null,
    resource: 'r',
    scope: ['read:user'],
    sub: 's',
    handle: 'sealed',
    createdAt: 0,
    usedAt: 0,
    idleEndsAt: 2_000_000,
    endsAt: 3_000_000,
    refresh,
    ended: null,
  };
  return { data, version: 'v', expiresAt: null };
}

const credential = {
  app: 'app',
  version: 1,
  state: 'live',
  accessTokenExpiresAt: null,
  heldUntil: 3_000_000,
} as const;

describe('the refresh token grant', () => {
  it('judges a generation once: a window that ends while GitHub is asked turns no chain back (RFC 9700 §4.14.2)', async () => {
    let now = 1_000_000;
    const found = grantAt(now - windowMs);
    const saved: unknown[] = [];
    const answer = { access_token: 'a', token_type: 'Bearer', expires_in: 300, scope: 'read:user' } as const;
    const refresh = createRefreshTokenGrant({
      grants: {
        find: () => Promise.resolve(found),
        endReasonOf: () => Promise.resolve(undefined),
        saveRefresh: (_grantId, _found, family) => {
          saved.push(family);
          return Promise.resolve(true);
        },
      },
      issue: {
        prepare: () => {
          now += 5_000;
          return Promise.resolve({ grantId, found, handle: 'h', credential });
        },
        afterRefresh: (_standing, token) => Promise.resolve({ ...answer, refresh_token: token }),
        endGrant: () => Promise.reject(new Error('nothing is to end')),
      },
      refreshTokens,
      receipts: { note: () => Promise.resolve(), received: () => Promise.resolve(-1) },
      revocations: { publish: () => Promise.resolve() },
      events: createEventBus(),
      offeredScopes: ['read:user'],
      windowMs,
      now: () => now,
    });
    const family: RefreshFamily = {
      keyId: 'a',
      generation: 5,
      supersededAt: [],
      lateAnswers: [],
      attempt: 0,
    };
    const presented = refreshTokens.format(family, grantId, 4);
    const { refresh_token: successor } = await refresh({
      clientId: 'c',
      takesRefreshTokens: true,
      parameters: { refresh_token: presented },
      resource: undefined,
    });
    expect(saved).toEqual([]);
    expect(successor).toBe(refreshTokens.format(family, grantId, 5));
  });
});
