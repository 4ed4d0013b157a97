import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversGitHubScope, parseGitHubScopes } from '../../../shared/github/index.ts';

const scope = fc.stringMatching(/^[a-z]{1,8}(:[a-z]{1,8})?$/);
const separator = fc.constantFrom(',', ' ', ', ', ' ,', ',,');

describe('parseGitHubScopes', () => {
  it('reads an empty text as no scope', () => {
    expect(parseGitHubScopes('')).toEqual([]);
  });

  it('finds the same set whatever separates the scopes, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(scope), separator, (scopes, between) => {
        const expected = [...new Set(scopes)].sort();
        expect(parseGitHubScopes(scopes.join(between))).toEqual(expected);
        expect(parseGitHubScopes([...scopes].reverse().join(between))).toEqual(expected);
      }),
    );
  });

  it('gives no empty name and no separator for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const name of parseGitHubScopes(text)) expect(name).toMatch(/^[^\s,]+$/);
      }),
    );
  });
});

describe('coversGitHubScope', () => {
  it.each([
    [['repo'], 'repo', true],
    [['repo'], 'public_repo', true],
    [['admin:org'], 'read:org', true],
    [['user'], 'read:user', true],
    [['public_repo'], 'repo', false],
    [['read:org'], 'admin:org', false],
    [[], 'repo', false],
    [['constructor'], 'toString', false],
  ])('%j covers %s: %j', (granted, wanted, expected) => {
    expect(coversGitHubScope(granted, wanted)).toBe(expected);
  });
});
