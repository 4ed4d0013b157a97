import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCookieKeys } from '../../../gateway/authorization-server/oidc-provider/cookie-keys.ts';
import {
  deriveCurrent,
  findKey,
  followKeyRing,
  generatedKeySource,
  parseKeyRing,
  recordMacKeys,
  reseal,
  seal,
  unseal,
} from '../../../shared/vault/index.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const ONE = `k1:${secret(1)}`;
const TWO = `k2:${secret(2)}`;
const THREE = `k3:${secret(3)}`;
const context = { purpose: 'p', salt: 's', bind: ['a'] };

describe('a key ring whose keys are replaced', () => {
  it('writes with the new key and reads both', () => {
    const ring = parseKeyRing(ONE);
    const before = seal(ring, context, 'x');
    ring.replace(`${TWO},${ONE}`);
    expect([ring.currentId, ring.ids]).toEqual(['k2', ['k2', 'k1']]);
    expect(unseal(ring, context, before)).toBe('x');
    expect(seal(ring, context, 'y')).toMatch(/^v1\.k2\./);
  });

  it.each([
    ['nothing', ' ', 'is empty'],
    ['no id', secret(9), 'key 1 of the ring'],
    ['half a key', `${TWO},${ONE.slice(0, -4)}`, 'key 2 of the ring'],
    ['one id twice', `${ONE},${ONE}`, 'one key id twice'],
    ['another key without the current one', TWO, 'lost its current key k1'],
    ['another secret under a known id', `${TWO},k1:${secret(9)}`, 'key k1 of the ring is another one'],
  ])('refuses %s, names no key and stays as it was', (_title, text, problem) => {
    const ring = parseKeyRing(ONE);
    const sealed = seal(ring, context, 'x');
    expect(() => ring.replace(text)).toThrow(problem);
    expect(() => ring.replace(text)).not.toThrow(secret(9));
    expect([ring.ids, unseal(ring, context, sealed)]).toEqual([['k1'], 'x']);
  });

  it('opens whatever was sealed under any of its keys, through any number of rotations', () => {
    const rotation = fc.array(fc.constantFrom('front', 'back', 'drop'), { maxLength: 12 });
    fc.assert(
      fc.property(rotation, (steps) => {
        let entries = [`k0:${secret(0)}`];
        const ring = parseKeyRing(entries.join(','));
        const sealed: { id: string; text: string }[] = [];
        for (const [index, step] of steps.entries()) {
          const entry = `n${String(index)}:${secret(index + 1)}`;
          if (step === 'front') entries = [entry, ...entries];
          if (step === 'back') entries = [...entries, entry];
          if (step === 'drop') entries = entries.slice(0, Math.max(1, entries.length - 1));
          ring.replace(entries.join('\n'));
          sealed.push({ id: ring.currentId, text: seal(ring, context, 'x') });
        }
        for (const { id, text } of sealed) {
          if (ring.ids.includes(id)) expect(unseal(ring, context, text)).toBe('x');
          else expect(() => unseal(ring, context, text)).toThrow('key_unknown');
        }
      }),
    );
  });

  it('gives the MAC keys of records that were made before', () => {
    const ring = parseKeyRing(ONE);
    const mac = recordMacKeys(ring);
    const before = mac.byId('k1');
    ring.replace(`${TWO},${ONE}`);
    expect(mac.current).toBe('k2');
    expect(mac.byId('k2')?.equals(deriveCurrent(ring, 'record-mac'))).toBe(true);
    expect(mac.byId('k1')?.equals(before as KeyObject)).toBe(true);
    ring.replace(TWO);
    expect(mac.byId('k1')).toBeUndefined();
  });

  it('counts what older keys are still needed for', () => {
    const ring = parseKeyRing(ONE);
    const sealed = seal(ring, context, 'x');
    unseal(ring, context, sealed);
    expect(ring.olderUses()).toBe(0);
    ring.replace(`${TWO},${ONE}`);
    unseal(ring, context, sealed);
    recordMacKeys(ring).byId('k1');
    unseal(ring, context, seal(ring, context, 'y'));
    expect(ring.olderUses()).toBe(2);
  });

  it('seals anew what was sealed under an older key, and nothing else', () => {
    const ring = parseKeyRing(ONE);
    const sealed = seal(ring, context, 'x');
    expect(reseal(ring, context, sealed)).toBeUndefined();
    ring.replace(`${TWO},${ONE}`);
    const resealed = reseal(ring, context, sealed) ?? '';
    ring.replace(TWO);
    expect(unseal(ring, context, resealed)).toBe('x');
  });
});

describe('a key that a ring does not know', () => {
  /** A ring whose file has a key in front that the ring has not seen. */
  function behind() {
    const ring = parseKeyRing(ONE);
    const ahead = parseKeyRing(`${TWO},${ONE}`);
    let looks = 0;
    ring.lookAgainWith(() => {
      looks += 1;
      ring.replace(`${TWO},${ONE}`);
      return true;
    });
    return { ring, ahead, looks: () => looks };
  }

  it('makes it look at its file before a sealed value, a record or a signature is refused', () => {
    const sealedOf = behind();
    expect(unseal(sealedOf.ring, context, seal(sealedOf.ahead, context, 'x'))).toBe('x');
    const recordOf = behind();
    expect(recordMacKeys(recordOf.ring).byId('k2')).toBeDefined();
    const cookieOf = behind();
    const signed = createCookieKeys(cookieOf.ahead).sign('name=value');
    expect(createCookieKeys(cookieOf.ring).index('name=value', signed)).toBe(0);
    for (const each of [sealedOf, recordOf, cookieOf]) expect(each.looks()).toBe(1);
  });

  it('is not looked for while the keys that are known do', () => {
    const { ring, looks } = behind();
    unseal(ring, context, seal(ring, context, 'x'));
    findKey(ring, 'p', (key) => key.equals(deriveCurrent(ring, 'p')));
    expect(looks()).toBe(0);
  });
});

describe('a generated key file that was damaged', () => {
  it('stops the start with its name, and shows nothing of it', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'vault-keys'), 'k1-without-colon');
    const follower = { follow: () => () => false };
    const start = () => followKeyRing(follower, generatedKeySource(folder, 'vault-keys'));
    expect(start).toThrow(/^VAULT_KEYS in .*vault-keys cannot be used: key 1 of the ring/);
    expect(start).not.toThrow(/without-colon/);
  });
});

describe('cookie keys', () => {
  it('sign with the current key and accept the others, which the library is not to sign anew for every path', () => {
    const ring = parseKeyRing(ONE);
    const keys = createCookieKeys(ring);
    const before = keys.sign('name=value');
    ring.replace(`${TWO},${ONE}`);
    expect(keys.index('name=value', before)).toBe(0);
    expect(keys.index('name=value', keys.sign('name=value'))).toBe(0);
    expect(keys.verify('name=other', before)).toBe(false);
    ring.replace(TWO);
    expect(keys.verify('name=value', before)).toBe(false);
  });

  it('take no signature but their own', () => {
    const ring = parseKeyRing(`${TWO},${ONE}`);
    const keys = createCookieKeys(ring);
    fc.assert(
      fc.property(fc.string(), fc.string(), (data, digest) => {
        const foreign = createHmac('sha256', 'another').update(data).digest('base64url');
        expect([keys.index(data, digest), keys.index(data, foreign)]).toEqual([-1, -1]);
      }),
    );
  });
});

describe('a generated key file', () => {
  it('is followed like any other, and not made again when it is gone', () => {
    const folder = temporaryFolder();
    const source = generatedKeySource(folder, 'vault-keys');
    let take: (text: string) => void = () => undefined;
    const ring = followKeyRing(
      {
        follow: (_source, taker) => {
          take = taker;
          return () => false;
        },
      },
      source,
    );
    writeFileSync(join(folder, 'vault-keys'), `${THREE}\n${source.text}\n`);
    const reading = source.file?.read();
    if (reading?.ok === true) take(reading.text);
    expect(ring.ids).toEqual(['k3', 'k1']);
    writeFileSync(join(folder, 'vault-keys'), '\n');
    expect(source.file?.read()).toEqual({ ok: false, problem: 'is empty' });
    rmSync(join(folder, 'vault-keys'));
    expect(source.file?.read()).toEqual({ ok: false, problem: 'cannot be read: ENOENT' });
    expect(source.file).toMatchObject({ variable: 'VAULT_KEYS', path: join(folder, 'vault-keys') });
  });
});
