import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moment, roughly } from '../../../gateway/pages/moment.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../support/movable-clock.ts';

const NOW = Date.UTC(2026, 10, 23, 10, 30);
/** A century around now. */
const times = fc.integer({ min: NOW - 18_250 * DAY_MS, max: NOW + 18_250 * DAY_MS });

describe('a time on a page', () => {
  it.each([
    [0, 'just now'],
    [-59_000, 'just now'],
    [59_000, 'in a moment'],
    [-MINUTE_MS, '1 minute ago'],
    [-90 * MINUTE_MS, '1 hour ago'],
    [-3 * DAY_MS, '3 days ago'],
    [14 * DAY_MS - MINUTE_MS, 'in 14 days'],
    [2 * HOUR_MS, 'in 2 hours'],
  ])('%d ms away is "%s"', (away, words) => {
    expect(roughly(NOW + away, NOW)).toBe(words);
  });

  it('says the right direction and is off by half a unit at most', () => {
    fc.assert(
      fc.property(times, (at) => {
        const words = roughly(at, NOW);
        const [, count, unit] = /([\d,]+) (minute|hour|day)s?/.exec(words) ?? [];
        if (count === undefined) {
          expect(Math.abs(at - NOW)).toBeLessThan(MINUTE_MS);
          return;
        }
        expect(words.startsWith('in ')).toBe(at > NOW);
        const length = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }[unit as 'minute' | 'hour' | 'day'];
        expect(Math.abs(Number(count.replaceAll(',', '')) * length - Math.abs(at - NOW))).toBeLessThanOrEqual(
          length / 2,
        );
      }),
    );
  });

  it('is the same second for machines, and the same minute for people', () => {
    fc.assert(
      fc.property(times, (at) => {
        const { text } = moment(at, NOW);
        const [, iso = '', shown = ''] = /<time datetime="([^"]*)">([^<]*) UTC<\/time>/.exec(text) ?? [];
        expect(Date.parse(iso)).toBe(Math.floor(at / 1000) * 1000);
        expect(Date.parse(`${shown.replace(' ', 'T')}Z`)).toBe(Math.floor(at / MINUTE_MS) * MINUTE_MS);
      }),
    );
  });
});
