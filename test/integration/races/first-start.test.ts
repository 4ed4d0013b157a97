import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSigningKeys } from '../../../gateway/authorization-server/signing-keys/signing-keys.ts';
import { systemClock } from '../../../shared/clock.ts';
import { openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing, readOrCreateKeyFile } from '../../../shared/vault/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'first-start-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const alone = {
  clock: systemClock,
  maxAgeMs: Infinity,
  revocations: { publish: () => Promise.resolve() },
};

describe('gateways that start at the same moment on an empty store', () => {
  it('all sign with the one key that was written first', async () => {
    const stores = await Promise.all(
      Array.from({ length: 8 }, async () => await openSqliteStore({ folder, clock: systemClock })),
    );
    const gatewayRing = parseKeyRing(readOrCreateKeyFile(folder, 'gateway-keys'));
    const loaded = await Promise.all(
      stores.map(async (store) => await loadSigningKeys({ store, gatewayRing, ...alone })),
    );
    expect(new Set(loaded.map(({ current }) => current().kid)).size).toBe(1);
    for (const { publicJwks } of loaded) expect(publicJwks()).toEqual(loaded[0]?.publicJwks());
    for (const store of stores) await store.close();
  });
});
