import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../../shared/store/index.ts';
import { createCredentialReader, parseKeyRing } from '../../../shared/vault/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { interruptedStore, momentsOf } from '../../support/interrupted-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);
const vaultRing = parseKeyRing(`v1:${Buffer.alloc(32, 2).toString('base64url')}`);
const githubHost = 'github.com';
const identity = { githubHost, sub: 'user-1', app: 'app-1', scopes: ['read:user'] };
const GRACE_MS = 120_000;
const HOUR_MS = 3_600_000;
/** More than any piece of work here takes. */
const OPERATIONS = 10;

const token = (accessToken: string) => ({
  accessToken,
  accessTokenExpiresAt: null,
  refreshToken: null,
  refreshTokenExpiresAt: null,
});

async function open() {
  const clock = fakeClock();
  const under = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(under.close);
  const { store, interrupt, heal } = interruptedStore(under);
  const retirements = createRetirements({ store, githubHost, gatewayRing, clock });
  const shared = { store, gatewayRing, vaultRing, githubHost, clock };
  const vault = createCredentialVault({ ...shared, retirements, graceMs: GRACE_MS });
  const reader = createCredentialReader(shared);
  const hold = (grantId: string) => ({ grantId, until: clock.now() + HOUR_MS });
  const tokenOf = async (handle: string, grantId: string) => {
    const reading = await reader.read({ handle, minVersion: 0, grantId });
    return reading.ok ? reading.accessToken : reading.reason;
  };
  /** What is deleted at GitHub once the longest call is over. */
  const deletedLater = async () => {
    clock.advance(GRACE_MS);
    const deleted: string[] = [];
    await retirements.sweep((accessToken) => Promise.resolve(deleted.push(accessToken)));
    return deleted;
  };
  return { vault, hold, interrupt, heal, tokenOf, deletedLater };
}

describe('a store that goes away for one operation', () => {
  it.each(momentsOf(OPERATIONS))(
    'leaves no GitHub token behind that nobody holds: letting go, $when operation $operation',
    async ({ operation, when }) => {
      const { vault, hold, interrupt, heal, deletedLater, tokenOf } = await open();
      const { handle } = await vault.acquire(identity, token('gho_one'), hold('g'));
      interrupt(operation, when);
      await vault.release(handle, 'g').catch(async () => {
        await vault.release(handle, 'g');
      });
      heal();
      expect(await tokenOf(handle, 'g')).toBe('unknown');
      expect(await deletedLater()).toEqual(['gho_one']);
    },
  );

  it.each(momentsOf(OPERATIONS))(
    'says whether a token is kept after all: a sign-in beside another grant, $when operation $operation',
    async ({ operation, when }) => {
      const { vault, hold, interrupt, heal, deletedLater, tokenOf } = await open();
      const { handle } = await vault.acquire(identity, token('gho_old'), hold('other'));
      interrupt(operation, when);
      const failed = await vault.acquire(identity, token('gho_new'), hold('new')).then(
        () => false,
        () => true,
      );
      expect(failed).toBe(heal());
      const isKept = failed ? await vault.withdraw(identity, 'new') : true;
      const used = await tokenOf(handle, 'other');
      expect(used).toBe(isKept ? 'gho_new' : 'gho_old');
      expect(await tokenOf(handle, 'new')).toBe(failed ? 'grant_not_held' : 'gho_new');
      expect(await deletedLater()).not.toContain(used);
    },
  );

  it('leaves the token alone when somebody joins while its last holder lets go', async () => {
    const { vault, hold, deletedLater, tokenOf } = await open();
    const { handle } = await vault.acquire(identity, token('gho_one'), hold('first'));
    await Promise.all([vault.release(handle, 'first'), vault.share(identity, hold('second'))]);
    const used = await tokenOf(handle, 'second');
    expect(await deletedLater()).toEqual(used === 'gho_one' ? [] : ['gho_one']);
  });
});

describe('tokens of a refresh that came too late', () => {
  it('are deleted at GitHub when a sign-in replaced the credential meanwhile', async () => {
    const { vault, hold, deletedLater } = await open();
    const { handle } = await vault.acquire(identity, token('gho_old'), hold('g'));
    const version = (await vault.describe(handle, 'g'))?.version ?? 0;
    await vault.acquire(identity, token('gho_signed_in'), hold('g'));
    expect(await vault.renew(handle, token('gho_refreshed'), version)).toBe(false);
    expect((await deletedLater()).toSorted()).toEqual(['gho_old', 'gho_refreshed']);
  });

  it('are deleted at GitHub when the last grant let go meanwhile', async () => {
    const { vault, hold, deletedLater } = await open();
    const { handle } = await vault.acquire(identity, token('gho_old'), hold('g'));
    const version = (await vault.describe(handle, 'g'))?.version ?? 0;
    await vault.release(handle, 'g');
    expect(await vault.renew(handle, token('gho_refreshed'), version)).toBe(false);
    expect((await deletedLater()).toSorted()).toEqual(['gho_old', 'gho_refreshed']);
  });

  it('stay when it was only the answer to their own writing that was lost', async () => {
    const { vault, hold, deletedLater } = await open();
    const { handle } = await vault.acquire(identity, token('gho_old'), hold('g'));
    const version = (await vault.describe(handle, 'g'))?.version ?? 0;
    expect(await vault.renew(handle, token('gho_refreshed'), version)).toBe(true);
    expect(await vault.renew(handle, token('gho_refreshed'), version)).toBe(false);
    expect(await deletedLater()).toEqual([]);
  });
});
