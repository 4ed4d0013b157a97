import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatRefreshToken,
  isAuthentic,
  judgeGeneration,
  parseRefreshToken,
  answerLate,
  supersede,
  wasAnswerLost,
} from '../../../gateway/grants/refresh-token.ts';
import type { RefreshFamily } from '../../../gateway/grants/refresh-token.ts';

const key = createSecretKey(Buffer.alloc(32, 1));
const grantId = 'A'.repeat(22);
const fresh: RefreshFamily = { keyId: 'k', generation: 0, supersededAt: [], lateAnswers: [], attempt: 0 };
const windowMs = 30_000;

describe('a refresh token', () => {
  it('reads back to grant and generation, authentic under its own key only', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (generation) => {
        const presented = parseRefreshToken(formatRefreshToken(key, grantId, generation));
        expect(presented).toMatchObject({ grantId, generation });
        expect(presented && isAuthentic(key, presented)).toBe(true);
        expect(presented && isAuthentic(createSecretKey(Buffer.alloc(32, 2)), presented)).toBe(false);
      }),
    );
  });

  it('is not authentic with another generation or MAC', () => {
    const presented = parseRefreshToken(formatRefreshToken(key, grantId, 3));
    expect(presented && isAuthentic(key, { ...presented, generation: 4 })).toBe(false);
    expect(presented && isAuthentic(key, { ...presented, mac: 'A'.repeat(43) })).toBe(false);
  });

  it.each([
    '',
    'ocr_',
    'eyJ.a.b',
    `ocr_${grantId}.0.`,
    `ocr_${grantId}.-1.${'A'.repeat(43)}`,
    `x${formatRefreshToken(key, grantId, 1)}`,
    `${formatRefreshToken(key, grantId, 1)}\n`,
  ])('is not recognised in %j', (text) => {
    expect(parseRefreshToken(text)).toBeUndefined();
  });
});

describe('a generation (RFC 9700 §4.14.2)', () => {
  it('is current until it was redeemed, then recent for the window, then reused', () => {
    const family = supersede(fresh, 0, { now: 1_000, windowMs });
    expect(judgeGeneration(fresh, 0, { now: 0, windowMs })).toBe('current');
    expect(judgeGeneration(family, 0, { now: 1_000 + windowMs, windowMs })).toBe('recent');
    expect(judgeGeneration(family, 0, { now: 1_001 + windowMs, windowMs })).toBe('reused');
    expect(judgeGeneration(family, 1, { now: 999_999, windowMs })).toBe('current');
  });

  it('stays recent within the window even when its successor was used already', () => {
    const family = supersede(supersede(fresh, 0, { now: 1_000, windowMs }), 1, { now: 1_001, windowMs });
    expect(judgeGeneration(family, 0, { now: 2_000, windowMs })).toBe('recent');
  });

  it('ahead of the record is the newest truth: the store lost an answered write', () => {
    expect(judgeGeneration(fresh, 5, { now: 0, windowMs })).toBe('current');
    expect(supersede(fresh, 5, { now: 0, windowMs }).generation).toBe(6);
  });

  it('skipped by a lost write is reused, and those around it keep their times', () => {
    const before = supersede(fresh, 0, { now: 1_000_000, windowMs });
    const family = supersede(before, 3, { now: 1_001_000, windowMs });
    const judged = [0, 1, 2, 3, 4].map((each) => judgeGeneration(family, each, { now: 1_001_000, windowMs }));
    expect(judged).toEqual(['recent', 'reused', 'reused', 'recent', 'current']);
  });

  it('with a window of 0 is reused as soon as time passes', () => {
    const family = supersede(fresh, 0, { now: 1_000, windowMs });
    expect(judgeGeneration(family, 0, { now: 1_001, windowMs: 0 })).toBe('reused');
  });

  it('is forgotten when its window has passed', () => {
    const family = supersede(supersede(fresh, 0, { now: 0, windowMs }), 1, { now: windowMs + 1, windowMs });
    expect(family.supersededAt).toEqual([windowMs + 1]);
    expect(judgeGeneration(family, 0, { now: windowMs + 1, windowMs })).toBe('reused');
    expect(judgeGeneration(family, 1, { now: windowMs + 1, windowMs })).toBe('recent');
  });

  it('never makes the record grow without bound', () => {
    let family = fresh;
    for (let count = 0; count < 500; count += 1) family = supersede(family, count, { now: count, windowMs });
    expect(JSON.stringify(family).length).toBeLessThan(1500);
    expect(family.generation).toBe(500);
  });
});

describe('B10: a lost answer', () => {
  const HOUR = 60 * 60_000;
  const at = 1_000_000;
  const family = supersede(supersede(fresh, 0, { now: 0, windowMs }), 1, { now: at, windowMs });
  const judged = (generation: number, now: number, received = 1, of = family) =>
    wasAnswerLost(of, generation, { now, received });

  it.each([98_000, 5 * 60_000, 3 * HOUR, 8 * HOUR, 24 * HOUR])('may be asked for %d ms later', (later) => {
    expect(judged(1, at + later)).toBe(true);
  });

  it('may not be after a day, before the immediate predecessor, or once anything of it was seen', () => {
    expect(judged(1, at + 24 * HOUR + 1)).toBe(false);
    expect(judged(0, at + HOUR)).toBe(false);
    expect(judged(1, at + HOUR, 2)).toBe(false);
    expect(judged(1, at + HOUR, 3)).toBe(false);
  });

  it('is answered three times in a day, over rotations too, and again a day later', () => {
    let last = family;
    for (const now of [at + HOUR, at + 2 * HOUR, at + 3 * HOUR]) {
      expect(judged(last.generation - 1, now, -1, last)).toBe(true);
      last = supersede(answerLate(last, now), last.generation, { now, windowMs });
    }
    expect(judged(last.generation - 1, at + 4 * HOUR, -1, last)).toBe(false);
    expect(judged(last.generation - 1, at + 26 * HOUR, -1, last)).toBe(true);
  });

  it('is told from the one before it: every late answer has another name, a rotation starts anew', () => {
    const late = answerLate(answerLate(family, at), at);
    expect(late.attempt).toBe(2);
    expect(supersede(late, 2, { now: at, windowMs }).attempt).toBe(0);
  });
});
