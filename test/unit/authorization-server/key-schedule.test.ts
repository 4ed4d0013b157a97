import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyTimes } from '../../../gateway/authorization-server/signing-keys/key-schedule.ts';
import {
  isRotationDue,
  PUBLISH_AHEAD_MS,
  publishedKeys,
  signingKey,
  VERIFY_ON_MS,
  withNextKey,
  withoutKey,
} from '../../../gateway/authorization-server/signing-keys/key-schedule.ts';

const first: KeyTimes = { kid: 'first', createdAt: 0, activeFrom: 0, retiresAt: null };
const next = (kid: string, now: number): KeyTimes => ({
  kid,
  createdAt: now,
  activeFrom: now + PUBLISH_AHEAD_MS,
  retiresAt: null,
});

describe('the life of a signing key', () => {
  const keys = withNextKey([first], next('second', 1000));
  const promoted = 1000 + PUBLISH_AHEAD_MS;

  it('starts with being published, while the one before goes on signing', () => {
    expect(publishedKeys(keys, 1000).map(({ kid }) => kid)).toEqual(['first', 'second']);
    expect(signingKey(keys, promoted - 1)?.kid).toBe('first');
    expect(signingKey(keys, promoted)?.kid).toBe('second');
  });

  it('ends when no token it signed can be alive', () => {
    expect(publishedKeys(keys, promoted + VERIFY_ON_MS - 1)).toHaveLength(2);
    expect(publishedKeys(keys, promoted + VERIFY_ON_MS).map(({ kid }) => kid)).toEqual(['second']);
    expect(VERIFY_ON_MS).toBeGreaterThan((3600 + 30) * 1000);
  });

  it('never leaves nobody to sign, whatever is rotated and ended', () => {
    const steps = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 3 * VERIFY_ON_MS }),
        act: fc.constantFrom('rotate', 'end first', 'end last'),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, (sequence) => {
        let now = 0;
        let known: readonly KeyTimes[] = [first];
        for (const [index, { wait, act }] of sequence.entries()) {
          now += wait;
          if (act === 'rotate') known = withNextKey(known, next(`k${String(index)}`, now));
          else {
            const kid = (act === 'end first' ? known[0] : known.at(-1))?.kid ?? '';
            const rest = withoutKey(known, kid);
            known =
              signingKey(rest, now) === undefined
                ? withNextKey(rest, { ...next(`k${String(index)}`, now), activeFrom: now })
                : rest;
          }
          known = publishedKeys(known, now);
          expect(signingKey(known, now)).toBeDefined();
          expect(signingKey(known, now + 365 * 24 * 3_600_000)).toBeDefined();
        }
      }),
    );
  });

  it('is over by schedule when the last key is old enough, and not before', () => {
    expect(isRotationDue([first], 99, 100)).toBe(false);
    expect(isRotationDue([first], 100, 100)).toBe(true);
    expect(isRotationDue(withNextKey([first], next('second', 100)), 150, 100)).toBe(false);
  });
});
