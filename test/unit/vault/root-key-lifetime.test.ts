import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccounts } from '../../../gateway/grants/accounts.ts';
import type { Key } from '../../../shared/store/index.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const DAY = 24 * 60 * 60_000;
const githubHost = 'github.com';
const root = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64url')}`;

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const gatewayRing = parseKeyRing(root('k1', 1));
  const vaultRing = parseKeyRing(root('v1', 2));
  const retirements = createRetirements({ store, githubHost, gatewayRing, clock });
  const shared = { store, gatewayRing, githubHost, clock };
  const of = async (key: Key) => {
    const found = await store.read(key);
    const [, k] = found?.value.split('.') ?? [];
    return { rootKey: k?.replace(/^~/, ''), daysLeft: ((found?.expiresAt ?? Infinity) - clock.now()) / DAY };
  };
  const rotate = () => {
    gatewayRing.replace(`${root('k2', 3)},${root('k1', 1)}`);
  };
  return {
    clock,
    of,
    rotate,
    accounts: createAccounts(shared),
    vault: createCredentialVault({ ...shared, vaultRing, retirements, graceMs: 0 }),
  };
}

/** deploy/secret-rotation.md promises when a root key is needed no longer. */
describe('a record that every sign-in needs', () => {
  it('of an account ends 400 days after the last sign-in, which writes it under the current root key', async () => {
    const { clock, accounts, of, rotate } = await open();
    const sub = await accounts.signedIn({ id: 7, login: 'octocat' });
    expect(await of(keys.account(githubHost, sub))).toEqual({ rootKey: 'k1', daysLeft: 400 });
    clock.advance(100 * DAY);
    rotate();
    await accounts.signedIn({ id: 7, login: 'octocat' });
    expect(await of(keys.account(githubHost, sub))).toEqual({ rootKey: 'k2', daysLeft: 400 });
  });

  it('of a credential’s name ends 400 days after the last sign-in, which keeps the name', async () => {
    const { clock, vault, of, rotate } = await open();
    const identity = { githubHost, sub: 'user-1', app: 'app', scopes: ['repo'] };
    const index = keys.credentialIndex(identity);
    const token = { accessTokenExpiresAt: null, refreshToken: null, refreshTokenExpiresAt: null };
    const signIn = async (accessToken: string) =>
      await vault.acquire(identity, { ...token, accessToken }, { grantId: 'g', until: clock.now() + DAY });
    const first = await signIn('gho_one');
    expect(await of(index)).toEqual({ rootKey: 'k1', daysLeft: 400 });
    rotate();
    clock.advance(DAY / 2);
    expect(await signIn('gho_two')).toEqual(first);
    expect(await of(index)).toEqual({ rootKey: 'k1', daysLeft: 399.5 });
    clock.advance(DAY);
    expect(await signIn('gho_three')).toEqual(first);
    expect(await of(index)).toEqual({ rootKey: 'k2', daysLeft: 400 });
  });
});
