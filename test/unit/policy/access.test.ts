import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessRequirement, MembershipAnswer } from '../../../gateway/standing/rules/access.ts';
import { judgeAccess } from '../../../gateway/standing/rules/access.ts';

const ANSWERS = [
  'active',
  'pending',
  'not_a_member',
  'scope_missing',
  'sso_required',
  'oauth_app_restricted',
  'ip_blocked',
  'organization_changed',
  'unknown',
] as const satisfies readonly MembershipAnswer[];

const requiring = (count: number, requireMfa = false): AccessRequirement => ({
  organizations: Array.from({ length: count }, (_, index) => ({
    organization: `org${String(index)}`,
    id: null,
    team: null,
  })),
  requireMfa,
});
const judge = (...memberships: MembershipAnswer[]) =>
  judgeAccess(requiring(memberships.length), { twoFactorAuthentication: null, memberships });

describe('who may be let in', () => {
  it.each([[['active']], [['not_a_member', 'active']], [['unknown', 'active']], [[]]] as const)(
    'memberships %j are enough',
    (memberships) => {
      expect(judge(...memberships)).toEqual({ outcome: 'allowed' });
    },
  );

  it.each([
    [['pending'], 'pending'],
    [['not_a_member', 'pending'], 'pending'],
    [['not_a_member', 'sso_required', 'scope_missing'], 'sso_required'],
    [['not_a_member', 'not_a_member'], 'not_a_member'],
    [['oauth_app_restricted'], 'oauth_app_restricted'],
    [['ip_blocked'], 'ip_blocked'],
    [['scope_missing'], 'scope_missing'],
  ] as const)('memberships %j are refused as %s', (memberships, reason) => {
    expect(judge(...memberships)).toEqual({ outcome: 'denied', reason });
  });

  it('a membership that GitHub could not be asked about leaves it open', () => {
    expect(judge('not_a_member', 'unknown')).toEqual({ outcome: 'undecided' });
  });

  it.each([
    [true, { outcome: 'allowed' }],
    [false, { outcome: 'denied', reason: 'two_factor_off' }],
    [null, { outcome: 'denied', reason: 'two_factor_unknown' }],
  ])('a required second factor that GitHub calls %j comes to %j', (twoFactorAuthentication, decision) => {
    const evidence = { twoFactorAuthentication, memberships: ['active'] as const };
    expect(judgeAccess(requiring(1, true), evidence)).toEqual(decision);
  });

  it('never lets in without a yes to every kind of question asked', () => {
    const answers = fc.array(fc.constantFrom(...ANSWERS), { maxLength: 5 });
    const factor = fc.constantFrom(true, false, null);
    fc.assert(
      fc.property(answers, factor, fc.boolean(), fc.nat(5), (memberships, two, requireMfa, count) => {
        const evidence = { twoFactorAuthentication: two, memberships };
        const { outcome } = judgeAccess(requiring(count, requireMfa), evidence);
        const isIn = count === 0 || memberships.slice(0, count).includes('active');
        expect(outcome === 'allowed').toBe(isIn && (!requireMfa || two === true));
      }),
    );
  });
});
