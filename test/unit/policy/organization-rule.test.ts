import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOrganizationRule, parseOrganizationRule } from '../../../shared/policy/index.ts';

describe('an entry of GITHUB_ORGANIZATION', () => {
  it.each([
    ['acme', { organization: 'acme', team: null }],
    ['Acme-Corp', { organization: 'acme-corp', team: null }],
    ['acme/Platform-Team', { organization: 'acme', team: 'platform-team' }],
  ])('%s is read', (text, rule) => {
    expect(parseOrganizationRule(text)).toEqual(rule);
  });

  it.each(['', 'true', 'FALSE', 'acme/', '/team', 'a/b/c', '..', 'acme/..', 'a b', 'ac%2fme', '-acme'])(
    '%j is refused',
    (text) => {
      expect(parseOrganizationRule(text)).toBeUndefined();
    },
  );

  it('reads back what it writes, and is total', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const rule = parseOrganizationRule(text);
        if (rule !== undefined) expect(parseOrganizationRule(formatOrganizationRule(rule))).toEqual(rule);
      }),
    );
  });
});
