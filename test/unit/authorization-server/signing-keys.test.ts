import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSigningKeys } from '../../../gateway/authorization-server/signing-keys/signing-keys.ts';
import { openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import type { Revocation } from '../../../shared/revocation/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { interruptedStore, momentsOf } from '../../support/interrupted-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ONE = `k1:${Buffer.alloc(32, 1).toString('base64url')}`;
const TWO = `k2:${Buffer.alloc(32, 2).toString('base64url')}`;

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const revocations = { publish: () => Promise.resolve() };
  return async (gatewayRing: KeyRing) =>
    await loadSigningKeys({ store, gatewayRing, clock, maxAgeMs: Infinity, revocations });
}

describe('signing keys under a root key that is replaced', () => {
  it('are sealed anew by the gateway that looks after them, so that the old root key can go', async () => {
    const load = await open();
    const ring = parseKeyRing(ONE);
    const before = await load(ring);
    const { kid } = before.current();
    ring.replace(`${TWO},${ONE}`);
    await before.keep();
    const after = await load(parseKeyRing(TWO));
    expect(after.current().kid).toBe(kid);
  });

  it('are refused, not replaced, when it goes before that: whoever starts then says so', async () => {
    const load = await open();
    await load(parseKeyRing(ONE));
    await expect(load(parseKeyRing(TWO))).rejects.toThrow('mac_key_unknown');
    await load(parseKeyRing(`${TWO},${ONE}`));
  });
});

describe('a signing key that is ended in an emergency', () => {
  const ring = parseKeyRing(ONE);

  it.each(momentsOf(5))(
    'is told to all processes by whoever asks again after a failure: $when operation $operation',
    async ({ operation, when }) => {
      const clock = fakeClock();
      const under = await openSqliteStore({ folder: temporaryFolder(), clock });
      onTestFinished(under.close);
      const { store, interrupt, heal } = interruptedStore(under);
      const told: string[] = [];
      const revocations = {
        publish: async (entry: Revocation) => {
          await Promise.resolve();
          if (entry.kind === 'signing-key') told.push(entry.id);
        },
      };
      const load = async () =>
        await loadSigningKeys({ store, gatewayRing: ring, clock, maxAgeMs: Infinity, revocations });
      const signingKeys = await load();
      const { kid } = signingKeys.current();
      interrupt(operation, when);
      const isFirstTry = await signingKeys.retire(kid).catch(() => undefined);
      heal();
      // The gateway died with it, or another one is asked.
      if (isFirstTry === undefined) await (await load()).retire(kid);
      expect(told).toContain(kid);
      expect((await load()).current().kid).not.toBe(kid);
    },
  );
});
