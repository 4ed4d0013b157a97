import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Change, Key, Store, StoredRecord } from '../../../shared/store/index.ts';
import { createRecords, keys, RecordRefusedError } from '../../../shared/store/index.ts';
import { parseKeyRing, recordMacKeys } from '../../../shared/vault/index.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const ring = parseKeyRing(`b:${secret(2)},a:${secret(1)}`);
const olderRing = parseKeyRing(`a:${secret(1)}`);
const shape = z.strictObject({ n: z.int() });

/** A store that holds one value and lets a test change it. */
function holding() {
  const records = new Map<string, StoredRecord>();
  const store: Pick<Store, 'read'> = { read: (key) => Promise.resolve(records.get(key.text)) };
  const write = (change: Change) => {
    if (change.op === 'put') {
      const { value, expiresAt } = change;
      records.set(change.key.text, { value, version: 'v', expiresAt });
    }
  };
  return {
    store: { ...store, take: store.read, commit: () => Promise.resolve(true) } as unknown as Store,
    records,
    write,
  };
}

const key = keys.grant('one');
/** Of a kind that carries no MAC. */
const plainKey = keys.devicePoll('one');
const options = { expiresAt: null };

/** A record as the release before wrote it: its MAC does not cover the expiry. */
function undated(data: unknown): string {
  const text = JSON.stringify(data);
  const mac = recordMacKeys(ring);
  const secret = mac.byId(mac.current) ?? createSecretKey(Buffer.alloc(32));
  const tag = createHmac('sha256', secret).update(`${key.text}\n1\n${text}`).digest('base64url');
  return `1.${mac.current}.${tag}.${text}`;
}

/** One key of every kind there is. */
function everyKey(): readonly Key[] {
  const made = Object.values(keys).map((make) => (make as (...parts: unknown[]) => Key)(...PARTS));
  return made;
}

const PARTS = [
  { githubHost: 'h', sub: 's', app: 'a', scopes: [], clientId: 'c', resource: 'r', scope: 'x' },
  'b',
  1,
];

describe('S6: every kind of record', () => {
  it('carries a MAC, or says why believing it does no harm', () => {
    const all = everyKey();
    expect(new Set(all.map(({ kind }) => kind)).size).toBe(all.length);
    for (const { kind, guard } of all) {
      if (guard !== 'mac') expect(guard.harmless, kind).toMatch(/^[a-z].{15,}$/);
    }
  });

  it('is neither read nor written in another way than its kind says', async () => {
    for (const each of everyKey()) {
      const { store, records } = holding();
      records.set(each.text, { value: '1...{"n":1}', version: 'v', expiresAt: null });
      const carriesMac = each.guard === 'mac';
      const wrong = createRecords(store, { schema: 1, shape }, carriesMac ? undefined : recordMacKeys(ring));
      expect(() => wrong.put(each, { n: 1 }, options), each.kind).toThrow(TypeError);
      await expect(wrong.read(each), each.kind).rejects.toThrow(TypeError);
    }
  });

  it.each(['client', 'grant', 'code', 'session', 'interaction', 'login', 'account-session'])(
    '%s, which decides who somebody is or what they may do, is among those with a MAC',
    (kind) => {
      expect(everyKey().find((each) => each.kind === kind)?.guard).toBe('mac');
    },
  );
});

describe('a record family', () => {
  it('reads back what it wrote', async () => {
    const { store, write } = holding();
    const family = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    write(family.put(key, { n: 7 }, options));
    expect((await family.read(key))?.data).toEqual({ n: 7 });
  });

  it('reads the previous schema through its upgrade', async () => {
    const { store, write } = holding();
    write(
      createRecords(store, { schema: 1, shape: z.strictObject({ old: z.int() }) }).put(
        plainKey,
        { old: 3 },
        options,
      ),
    );
    const next = createRecords(store, {
      schema: 2,
      shape,
      upgrade: (data) => ({ n: (data as { old: number }).old }),
    });
    expect((await next.read(plainKey))?.data).toEqual({ n: 3 });
  });

  it.each([
    ['schema_too_new', 3],
    ['schema_unknown', 0],
  ])('refuses a record as %s by name', async (reason, schema) => {
    const { store, write } = holding();
    write(createRecords(store, { schema, shape }).put(plainKey, { n: 1 }, options));
    const reader = createRecords(store, { schema: 1, shape });
    await expect(reader.read(plainKey)).rejects.toMatchObject({ name: 'RecordRefusedError', reason });
  });

  it('refuses a record whose content was changed', async () => {
    const { store, records, write } = holding();
    const family = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    write(family.put(key, { n: 1 }, options));
    const stored = records.get(key.text);
    records.set(key.text, {
      version: 'v',
      expiresAt: null,
      value: (stored?.value ?? '').replace('1}', '2}'),
    });
    await expect(family.read(key)).rejects.toMatchObject({ reason: 'mac_mismatch' });
  });

  it('refuses a genuine record that was copied to another key', async () => {
    const { store, records, write } = holding();
    const family = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    write(family.put(key, { n: 1 }, options));
    const target = keys.grant('two');
    const stored = records.get(key.text);
    if (stored !== undefined) records.set(target.text, stored);
    await expect(family.read(target)).rejects.toMatchObject({ reason: 'mac_mismatch' });
  });

  it('refuses a record without a MAC where one is due', async () => {
    const { store, records } = holding();
    records.set(key.text, { value: '1...{"n":1}', version: 'v', expiresAt: null });
    const family = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    await expect(family.read(key)).rejects.toThrow(RecordRefusedError);
  });

  it('S15: refuses a genuine record that was made to live longer, or for ever', async () => {
    const { store, records, write } = holding();
    const family = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    write(family.put(key, { n: 1 }, { expiresAt: 1_000 }));
    const stored = records.get(key.text);
    for (const expiresAt of [1_001, null]) {
      records.set(key.text, { value: stored?.value ?? '', version: 'v', expiresAt });
      await expect(family.read(key)).rejects.toMatchObject({ reason: 'mac_mismatch' });
    }
  });

  it('S15: reads the form of the release before only where a later end gains nothing', async () => {
    const { store, records } = holding();
    records.set(key.text, { value: undated({ n: 1 }), version: 'v', expiresAt: 1_000 });
    const mac = recordMacKeys(ring);
    const ending = createRecords(store, { schema: 1, shape, readsUndatedMac: true }, mac);
    expect((await ending.read(key))?.data).toEqual({ n: 1 });
    const other = createRecords(store, { schema: 1, shape }, mac);
    await expect(other.read(key)).rejects.toMatchObject({ reason: 'mac_undated' });
    records.set(key.text, { value: undated({ n: 1 }).replace('1}', '2}'), version: 'v', expiresAt: 1_000 });
    await expect(ending.read(key)).rejects.toMatchObject({ reason: 'mac_mismatch' });
  });

  it('S15: no genuine record of the new form passes for one of the old form', async () => {
    const { store, records, write } = holding();
    const family = createRecords(store, { schema: 1, shape, readsUndatedMac: true }, recordMacKeys(ring));
    write(family.put(key, { n: 1 }, { expiresAt: 1_000 }));
    const value = records.get(key.text)?.value.replace('~', '') ?? '';
    records.set(key.text, { value, version: 'v', expiresAt: null });
    await expect(family.read(key)).rejects.toMatchObject({ reason: 'mac_mismatch' });
  });

  it('reads records of an older key of the ring and refuses those of a key that left it', async () => {
    const { store, write } = holding();
    write(createRecords(store, { schema: 1, shape }, recordMacKeys(olderRing)).put(key, { n: 1 }, options));
    const rotated = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    expect((await rotated.read(key))?.data).toEqual({ n: 1 });
    const dropped = createRecords(store, { schema: 1, shape }, recordMacKeys(parseKeyRing(`b:${secret(2)}`)));
    await expect(dropped.read(key)).rejects.toMatchObject({ reason: 'mac_key_unknown' });
  });

  it.each(['', 'null', '{"n":1}', '1', '1..', '1...', '1...{', 'x...{"n":1}', '1...[]', '1..{"n":1}'])(
    'refuses %j as malformed',
    async (value) => {
      const { store, records } = holding();
      records.set(plainKey.text, { value, version: 'v', expiresAt: null });
      const family = createRecords(store, { schema: 1, shape });
      await expect(family.read(plainKey)).rejects.toMatchObject({ reason: 'malformed' });
    },
  );
});

describe('a key', () => {
  it('holds neither token nor handle in the clear', () => {
    for (const made of [
      keys.code('secret-code'),
      keys.credential('h', 'secret-handle'),
      keys.login('secret-uid'),
    ]) {
      expect(made.text).not.toContain('secret');
    }
  });

  it('differs between GitHub hosts, so that one person of two hosts is two accounts', () => {
    expect(keys.account('a', 'sub').text).not.toBe(keys.account('b', 'sub').text);
  });
});
