import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Change, Store, StoredRecord } from '../../../shared/store/index.ts';
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
    if (change.op === 'put')
      records.set(change.key.text, { value: change.value, version: 'v', expiresAt: null });
  };
  return {
    store: { ...store, take: store.read, commit: () => Promise.resolve(true) } as unknown as Store,
    records,
    write,
  };
}

const key = keys.grant('one');
const options = { expiresAt: null };

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
        key,
        { old: 3 },
        options,
      ),
    );
    const next = createRecords(store, {
      schema: 2,
      shape,
      upgrade: (data) => ({ n: (data as { old: number }).old }),
    });
    expect((await next.read(key))?.data).toEqual({ n: 3 });
  });

  it.each([
    ['schema_too_new', 3],
    ['schema_unknown', 0],
  ])('refuses a record as %s by name', async (reason, schema) => {
    const { store, write } = holding();
    write(createRecords(store, { schema, shape }).put(key, { n: 1 }, options));
    const reader = createRecords(store, { schema: 1, shape });
    await expect(reader.read(key)).rejects.toMatchObject({ name: 'RecordRefusedError', reason });
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
    const { store, write } = holding();
    write(createRecords(store, { schema: 1, shape }).put(key, { n: 1 }, options));
    const family = createRecords(store, { schema: 1, shape }, recordMacKeys(ring));
    await expect(family.read(key)).rejects.toThrow(RecordRefusedError);
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
      records.set(key.text, { value, version: 'v', expiresAt: null });
      const family = createRecords(store, { schema: 1, shape });
      await expect(family.read(key)).rejects.toMatchObject({ reason: 'malformed' });
    },
  );
});

describe('a key', () => {
  it('holds neither token nor handle in the clear', () => {
    for (const made of [
      keys.code('secret-code'),
      keys.credential('h', 'secret-handle'),
      keys.loginTransaction('secret-state'),
    ]) {
      expect(made.text).not.toContain('secret');
    }
  });

  it('differs between GitHub hosts, so that one person of two hosts is two accounts', () => {
    expect(keys.account('a', 'sub').text).not.toBe(keys.account('b', 'sub').text);
  });
});
