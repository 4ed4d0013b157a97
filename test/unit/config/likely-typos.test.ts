import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, findLikelyTypos } from '../../../shared/config/likely-typos.ts';

const field = (env: string) => ({ env, description: '', remedy: '' });
const known = [
  'GITHUB_OAUTH_CLIENT_ID',
  'GITHUB_OAUTH_SCOPES',
  'OPS_PORT',
  'WORKER_URLS',
  'REQUIRE_MFA',
  'ADMIN_TOKEN',
].map(field);

describe('findLikelyTypos', () => {
  it.each([
    ['GITHUB_OAUTH_SCOPE', 'GITHUB_OAUTH_SCOPES'],
    ['GITHUB_OUATH_SCOPES', 'GITHUB_OAUTH_SCOPES'],
    ['GITHUB_CLIENT_ID', 'GITHUB_OAUTH_CLIENT_ID'],
    ['WORKER_URL', 'WORKER_URLS'],
    ['REQUIRE_MFAA', 'REQUIRE_MFA'],
    ['ADMIN_TOKN', 'ADMIN_TOKEN'],
  ])('takes %s for %s', (name, nearest) => {
    expect(findLikelyTypos(known, { [name]: 'x' })).toEqual([{ name, nearest }]);
  });

  it.each([
    'GITHUB_TOKEN',
    'GITHUB_ACTIONS',
    'WORKER_SERVICE_HOST',
    'HOME',
    'OPS_PORT',
    'XPS_PORT',
    'ADMIN_URL',
  ])('leaves %s alone', (name) => {
    expect(findLikelyTypos(known, { [name]: 'x' })).toEqual([]);
  });
});

describe('editDistance', () => {
  const word = fc.string({ maxLength: 12 });

  it('is a metric', () => {
    fc.assert(
      fc.property(word, word, word, (one, two, three) => {
        expect(editDistance(one, one)).toBe(0);
        expect(editDistance(one, two)).toBe(editDistance(two, one));
        expect(editDistance(one, three)).toBeLessThanOrEqual(
          editDistance(one, two) + editDistance(two, three),
        );
      }),
    );
  });

  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['flaw', 'lawn', 2],
  ])('between %j and %j is %i', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
  });
});
