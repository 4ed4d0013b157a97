import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCredentialRefresh } from '../../../gateway/credentials/refresh-credential.ts';
import type { GitHubTokenSet } from '../../../shared/github/index.ts';
import { GitHubOAuthError } from '../../../shared/github/index.ts';
import { openSqliteStore, StoreUnavailableError } from '../../../shared/store/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { HOUR_MS, SECOND_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ring = (name: string, byte: number) =>
  parseKeyRing(`${name}:${Buffer.alloc(32, byte).toString('base64url')}`);
const githubHost = 'github.com';
const identity = { githubHost, sub: 'person', app: 'app', scopes: [] };
const NEW_TOKENS: GitHubTokenSet = { accessToken: 'ghu_new', refreshToken: 'ghr_new', scopes: [] };

it('two gateways whose clocks differ by 20 s refresh one GitHub token: it is not taken for dead', async () => {
  const [clock, fastClock] = [fakeClock(), fakeClock()];
  fastClock.advance(20 * SECOND_MS);
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const rings = { gatewayRing: ring('g1', 1), vaultRing: ring('v1', 2) };
  const retirements = createRetirements({ ...rings, store, githubHost, clock });
  const vault = createCredentialVault({ ...rings, store, clock, githubHost, retirements, graceMs: 0 });
  const { handle } = await vault.acquire(
    identity,
    {
      accessToken: 'ghu_old',
      accessTokenExpiresAt: clock.now() + SECOND_MS,
      refreshToken: 'ghr_old',
      refreshTokenExpiresAt: null,
    },
    { grantId: 'g', until: clock.now() + HOUR_MS },
  );
  const version = (await vault.describe(handle, 'g'))?.version ?? 0;

  const rotated = Promise.withResolvers<undefined>();
  const answer = Promise.withResolvers<GitHubTokenSet>();
  const gateway = (of: { clock: typeof clock; refresh: () => Promise<GitHubTokenSet> }) =>
    createCredentialRefresh({
      store,
      vault,
      githubHost,
      clock: of.clock,
      oauth: { refresh: of.refresh, deleteToken: async () => await Promise.resolve('deleted') },
      onFault: () => undefined,
    });
  const slow = gateway({
    clock,
    refresh: async () => {
      rotated.resolve(undefined);
      return await answer.promise;
    },
  });
  const fast = gateway({
    clock: fastClock,
    refresh: async () => {
      // GitHub's answer to the first is still on its way when the second is refused.
      setTimeout(() => {
        answer.resolve(NEW_TOKENS);
      }, 200);
      return await Promise.reject(new GitHubOAuthError('bad_refresh_token', 'refresh'));
    },
  });
  const first = slow(handle, version);
  await rotated.promise;
  expect(await fast(handle, version)).toBe('renewed');
  expect(await first).toBe('renewed');
});

describe('new GitHub tokens that the store does not take for 30 s', () => {
  const giveUp = async (deleteToken: () => Promise<'deleted'>) => {
    const clock = fakeClock();
    const store = await openSqliteStore({ folder: temporaryFolder(), clock });
    onTestFinished(store.close);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const away = new StoreUnavailableError('away');
    const faults: unknown[] = [];
    const deleted = vi.fn(deleteToken);
    const refresh = createCredentialRefresh({
      store,
      githubHost,
      clock,
      vault: {
        readRefreshToken: async () => await Promise.resolve({ refreshToken: 'ghr_old', version: 1 }),
        renew: async () => {
          now += 20 * SECOND_MS;
          return await Promise.reject(away);
        },
      },
      oauth: { refresh: async () => await Promise.resolve(NEW_TOKENS), deleteToken: deleted },
      onFault: (error) => faults.push(error),
    });
    await expect(refresh('handle', 1)).rejects.toBe(away);
    expect(deleted).toHaveBeenCalledExactlyOnceWith('ghu_new');
    return faults;
  };

  it('are ended at GitHub: nobody else knows them', async () => {
    expect(await giveUp(async () => await Promise.resolve('deleted'))).toEqual([]);
  });

  it('are reported when GitHub does not end them either', async () => {
    const fault = new GitHubOAuthError('bad_refresh_token', 'refresh');
    expect(await giveUp(async () => await Promise.reject(fault))).toEqual([fault]);
  });
});
