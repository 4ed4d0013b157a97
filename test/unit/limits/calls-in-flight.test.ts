import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyBudget, createCallsInFlight } from '../../../gateway/limits/index.ts';

const BOUNDS = { callsPerAccount: 2, streamsPerAccount: 1, bodyBytes: 100 };

describe('S5: calls in flight', () => {
  it('of one account end at its share, and leave others theirs', () => {
    const calls = createCallsInFlight(BOUNDS);
    const first = calls.enter('a');
    expect([first, calls.enter('a'), calls.enter('a')].map((place) => place !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
    expect(calls.enter('b')).toBeDefined();
    first?.leave();
    first?.leave();
    expect([calls.enter('a'), calls.enter('a')].map((place) => place !== undefined)).toEqual([true, false]);
  });

  it('that become streams have a share of their own', () => {
    const calls = createCallsInFlight(BOUNDS);
    const stream = calls.enter('a');
    expect(stream?.becomeStream()).toBe(true);
    expect(calls.enter('a')?.becomeStream()).toBe(false);
    stream?.leave();
    expect(calls.enter('a')?.becomeStream()).toBe(true);
  });

  it('bring bodies up to a sum over all accounts', () => {
    const calls = createCallsInFlight(BOUNDS);
    const first = calls.enter('a');
    expect(first?.reserveBody(60)).toBe(true);
    expect(calls.enter('b')?.reserveBody(41)).toBe(false);
    expect(calls.enter('b')?.reserveBody(40)).toBe(true);
    first?.leave();
    expect(calls.enter('c')?.reserveBody(60)).toBe(true);
  });

  it('give everything back, in whatever order they come and go', () => {
    const step = fc.record({ account: fc.constantFrom('a', 'b'), bytes: fc.nat(80), stream: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const calls = createCallsInFlight(BOUNDS);
        const places = steps.map(({ account, bytes, stream }) => {
          const place = calls.enter(account);
          place?.reserveBody(bytes);
          if (stream) place?.becomeStream();
          return place;
        });
        for (const place of places) place?.leave();
        const again = [calls.enter('a'), calls.enter('a'), calls.enter('a')];
        expect(again.map((place) => place !== undefined)).toEqual([true, true, false]);
        expect(again[0]?.reserveBody(BOUNDS.bodyBytes)).toBe(true);
        expect(again[0]?.becomeStream()).toBe(true);
      }),
    );
  });
});

describe('bodyBudget', () => {
  it.each([
    [0, 1_000, 250],
    [400, 1_000, 100],
    [2 ** 63, 1_000, 250],
  ])('a limit of %d on a machine of %d gives %d bytes', (limit, total, budget) => {
    expect(bodyBudget(limit, total)).toBe(budget);
  });
});
