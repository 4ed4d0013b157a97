import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatOrganizationRule,
  parseOrganizationRule,
} from '../../../gateway/standing/rules/organization-rule.ts';

describe('an entry of GITHUB_ORGANIZATION', () => {
  it.each([
    ['acme', { organization: 'acme', id: null, team: null }],
    ['Acme-Corp', { organization: 'acme-corp', id: null, team: null }],
    ['acme/Platform-Team', { organization: 'acme', id: null, team: 'platform-team' }],
    ['acme:12345', { organization: 'acme', id: 12345, team: null }],
    ['Acme:12345/Platform', { organization: 'acme', id: 12345, team: 'platform' }],
  ])('%s is read', (text, rule) => {
    expect(parseOrganizationRule(text)).toEqual(rule);
  });

  it.each([
    '',
    'true',
    'FALSE',
    'acme/',
    '/team',
    'a/b/c',
    '..',
    'acme/..',
    'a b',
    'ac%2fme',
    '-acme',
    'acme:',
    'acme:x',
    'acme:0',
    'acme/team:1',
  ])('%j is refused', (text) => {
    expect(parseOrganizationRule(text)).toBeUndefined();
  });

  it('reads back what it writes, and is total', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const rule = parseOrganizationRule(text);
        if (rule !== undefined) expect(parseOrganizationRule(formatOrganizationRule(rule))).toEqual(rule);
      }),
    );
  });
});
