import { statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import {
  createCredentialReader,
  parseKeyRing,
  readOrCreateKeyFile,
  seal,
  unseal,
  UnsealError,
} from '../../../shared/vault/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const gatewayRing = parseKeyRing(`g1:${secret(1)}`);
const vaultRing = parseKeyRing(`v1:${secret(2)}`);
const githubHost = 'github.com';
const identity = { githubHost, sub: 'user-1', app: 'app-1', scopes: ['read:user'] };
const HOUR = 3_600_000;

const token = (accessToken: string, accessTokenExpiresAt: number | null = null) => ({
  accessToken,
  accessTokenExpiresAt,
  refreshToken: null,
  refreshTokenExpiresAt: null,
});

async function openVault() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const retirements = createRetirements({ store, githubHost, gatewayRing, clock });
  const graceMs = 120_000;
  const shared = { store, gatewayRing, githubHost, clock, retirements, graceMs };
  const vaultWith = (ring: KeyRing) => createCredentialVault({ ...shared, vaultRing: ring });
  const vault = vaultWith(vaultRing);
  const reader = createCredentialReader({ store, vaultRing, githubHost, clock });
  const hold = (grantId: string) => ({ grantId, until: clock.now() + HOUR });
  const sweep = async (fails = false) => {
    const asked: string[] = [];
    await retirements.sweep((accessToken) => {
      asked.push(accessToken);
      return fails ? Promise.reject(new Error('away')) : Promise.resolve();
    });
    return asked;
  };
  return { clock, store, vault, vaultWith, reader, hold, sweep };
}

describe('an upstream credential', () => {
  it('opens for a grant that holds it, with the token GitHub issued', async () => {
    const { vault, reader, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('gho_one'), hold('g'));
    expect(await reader.read({ handle, minVersion: 0, grantId: 'g' })).toMatchObject({
      ok: true,
      accessToken: 'gho_one',
    });
  });

  it('is shared by every sign-in of the same person, app and scope set (GitHub keeps ten tokens of one)', async () => {
    const { vault, reader, hold } = await openVault();
    const first = await vault.acquire(identity, token('gho_one'), hold('g1'));
    const second = await vault.acquire(identity, token('gho_two'), hold('g2'));
    expect(second.handle).toBe(first.handle);
    expect(await reader.read({ handle: first.handle, minVersion: 0, grantId: 'g1' })).toMatchObject({
      accessToken: 'gho_two',
    });
  });

  it('is another one for another scope set', async () => {
    const { vault, hold } = await openVault();
    const narrow = await vault.acquire(identity, token('gho_one'), hold('g1'));
    const wide = await vault.acquire(
      { ...identity, scopes: ['read:user', 'repo'] },
      token('gho_two'),
      hold('g2'),
    );
    expect(wide.handle).not.toBe(narrow.handle);
  });

  it('raises its version with every token', async () => {
    const { vault, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a'), hold('g'));
    const before = (await vault.describe(handle, 'g'))?.version ?? 0;
    await vault.acquire(identity, token('b'), hold('g'));
    expect((await vault.describe(handle, 'g'))?.version).toBe(before + 1);
  });

  it('refuses a version below the one a token names (a restored backup)', async () => {
    const { vault, reader, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a'), hold('g'));
    const version = (await vault.describe(handle, 'g'))?.version ?? 0;
    expect(await reader.read({ handle, minVersion: version + 1, grantId: 'g' })).toEqual({
      ok: false,
      reason: 'rolled_back',
    });
  });

  it('is not behind older tokens when it was collected and made again', async () => {
    const { vault, clock, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a'), hold('g'));
    const before = (await vault.describe(handle, 'g'))?.version ?? 0;
    clock.advance(2 * HOUR);
    await vault.acquire(identity, token('b'), hold('g'));
    expect((await vault.describe(handle, 'g'))?.version).toBeGreaterThan(before);
  });

  it.each([
    ['a grant that never held it', 'stranger', 'grant_not_held'],
    ['a grant that let go of it', 'released', 'grant_not_held'],
  ])('stays closed to %s', async (_name, grantId, reason) => {
    const { vault, reader, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a'), hold('g'));
    await vault.share(identity, hold('released'));
    await vault.release(handle, 'released');
    expect(await reader.read({ handle, minVersion: 0, grantId })).toEqual({ ok: false, reason });
  });

  it('stays closed to a grant whose hold ran out', async () => {
    const { vault, reader, clock, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a'), hold('g'));
    await vault.share(identity, { grantId: 'longer', until: clock.now() + 2 * HOUR });
    clock.advance(HOUR);
    expect(await reader.read({ handle, minVersion: 0, grantId: 'g' })).toEqual({
      ok: false,
      reason: 'grant_not_held',
    });
    expect(await vault.extend(handle, hold('g'))).toBe(false);
  });

  it('is said to be expired when its GitHub token is, and is not shared any more', async () => {
    const { vault, reader, clock, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a', clock.now() + 1000), hold('g'));
    clock.advance(1000);
    expect(await reader.read({ handle, minVersion: 0, grantId: 'g' })).toEqual({
      ok: false,
      reason: 'expired',
    });
    expect(await vault.share(identity, hold('other'))).toBeUndefined();
  });

  it('keeps every hold of concurrent sign-ins', async () => {
    const { vault, hold } = await openVault();
    const grants = Array.from({ length: 12 }, (_, index) => `g${String(index)}`);
    const acquired = await Promise.all(
      grants.map(async (grantId) => await vault.acquire(identity, token(`gho_${grantId}`), hold(grantId))),
    );
    const handle = acquired[0]?.handle ?? '';
    for (const grantId of grants) expect(await vault.describe(handle, grantId)).toBeDefined();
  });

  it('does not open with a handle that is one bit off: the key comes from the handle', async () => {
    const { vault, reader, hold } = await openVault();
    const { handle } = await vault.acquire(identity, token('a'), hold('g'));
    const other = (handle.startsWith('A') ? 'B' : 'A') + handle.slice(1);
    expect(await reader.read({ handle: other, minVersion: 0, grantId: 'g' })).toEqual({
      ok: false,
      reason: 'unknown',
    });
  });
});

describe('a GitHub token that nobody stands on', () => {
  it('is deleted at GitHub within seconds when the last grant lets go of it: its calls were cut', async () => {
    const { vault, clock, hold, sweep } = await openVault();
    const { handle } = await vault.acquire(identity, token('gho_one'), hold('g1'));
    await vault.share(identity, hold('g2'));
    await vault.release(handle, 'g1');
    clock.advance(HOUR / 2);
    expect(await sweep()).toEqual([]);
    await vault.release(handle, 'g2');
    expect(await sweep()).toEqual([]);
    clock.advance(10_000);
    expect(await sweep()).toEqual(['gho_one']);
    expect(await sweep()).toEqual([]);
  });

  it('is deleted when a new sign-in superseded it, and the new one is not', async () => {
    const { vault, clock, hold, sweep } = await openVault();
    await vault.acquire(identity, token('gho_old'), hold('g1'));
    await vault.acquire(identity, token('gho_new'), hold('g2'));
    clock.advance(119_999);
    expect(await sweep(), 'a call may still be using it').toEqual([]);
    clock.advance(1);
    expect(await sweep()).toEqual(['gho_old']);
  });

  it('does not stand in the way of a sign-in or of letting go when its key left the ring', async () => {
    const { vault, vaultWith, hold, sweep, clock } = await openVault();
    const { handle } = await vault.acquire(identity, token('gho_old'), hold('g1'));
    const later = vaultWith(parseKeyRing(`v2:${secret(3)}`));
    await later.release(handle, 'g1');
    await vault.acquire(identity, token('gho_old'), hold('g2'));
    await later.acquire(identity, token('gho_new'), hold('g2'));
    clock.advance(120_000);
    expect(await sweep()).toEqual([]);
  });

  it('is asked for again later, less and less often, while GitHub is away', async () => {
    const { vault, clock, hold, sweep } = await openVault();
    const { handle } = await vault.acquire(identity, token('gho_one'), hold('g'));
    await vault.release(handle, 'g');
    clock.advance(120_000);
    expect(await sweep(true)).toEqual(['gho_one']);
    clock.advance(59_999);
    expect(await sweep()).toEqual([]);
    clock.advance(1);
    expect(await sweep(true)).toEqual(['gho_one']);
    clock.advance(119_999);
    expect(await sweep()).toEqual([]);
    clock.advance(1);
    expect(await sweep()).toEqual(['gho_one']);
  });
});

const context = { purpose: 'p', salt: 's', bind: ['record', 'owner'] };

describe('a sealed value', () => {
  it('opens to what was sealed, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(unseal(vaultRing, context, seal(vaultRing, context, text))).toBe(text);
      }),
    );
  });

  it('does not open when any one character of it was changed', () => {
    const sealed = seal(vaultRing, context, 'gho_secret');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'B', '.', '_'), (at, character) => {
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        const same = Buffer.from(changed.split('.')[3] ?? '', 'base64url').equals(
          Buffer.from(sealed.split('.')[3] ?? '', 'base64url'),
        );
        fc.pre(
          changed !== sealed &&
            !(same && changed.split('.').slice(0, 3).join() === sealed.split('.').slice(0, 3).join()),
        );
        expect(() => unseal(vaultRing, context, changed)).toThrow(UnsealError);
      }),
    );
  });

  it.each([
    ['another purpose', { ...context, purpose: 'q' }],
    ['another salt', { ...context, salt: 't' }],
    ['another owner', { ...context, bind: ['record', 'somebody'] }],
    ['the same text split differently', { ...context, bind: ['recordo', 'wner'] }],
  ])('does not open under %s', (_name, other) => {
    const sealed = seal(vaultRing, context, 'x');
    expect(() => unseal(vaultRing, other, sealed)).toThrow(UnsealError);
  });

  it('uses a new nonce every time', () => {
    const nonces = Array.from({ length: 2000 }, () => seal(vaultRing, context, 'x').split('.')[2]);
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it('opens with an older key of the ring and says which is missing otherwise', () => {
    const sealed = seal(vaultRing, context, 'x');
    expect(unseal(parseKeyRing(`v2:${secret(9)},v1:${secret(2)}`), context, sealed)).toBe('x');
    expect(() => unseal(parseKeyRing(`v2:${secret(9)}`), context, sealed)).toThrow(/key_unknown/);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('a key ring', () => {
  it.each([
    ['nothing', ''],
    ['no id', secret(1)],
    ['a short key', 'a:AAAA'],
    ['padding', `a:${Buffer.alloc(32).toString('base64')}`],
    ['one id twice', `a:${secret(1)},a:${secret(2)}`],
    ['an id with a dot', `a.b:${secret(1)}`],
  ])('refuses %s without repeating it', (_name, text) => {
    const message = messageOf(() => parseKeyRing(text));
    expect(message).toMatch(/ring/);
    expect(message).not.toContain(secret(1));
  });

  it('derives different keys for different purposes', () => {
    const bytes = (purpose: string) => gatewayRing.derive('g1', purpose)?.export();
    expect(bytes('a')).toEqual(bytes('a'));
    expect(bytes('a')).not.toEqual(bytes('b'));
  });
});

describe('a generated key file', () => {
  it('is made once, for its owner only, and read by everybody who comes later', () => {
    const folder = join(temporaryFolder(), 'new');
    const first = readOrCreateKeyFile(folder, 'gateway-keys');
    expect(readOrCreateKeyFile(folder, 'gateway-keys')).toBe(first);
    expect(statSync(join(folder, 'gateway-keys')).mode & 0o777).toBe(0o600);
    expect(parseKeyRing(first).currentId).toBe('k1');
  });
});
