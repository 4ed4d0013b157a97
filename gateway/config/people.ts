import { z } from 'zod';
import {
  defaultedField,
  integerBetween,
  listOf,
  oneOf,
  optionalField,
  trueOrFalse,
} from '../../shared/config/index.ts';
import type { ConfigOf, CrossCheck, Objection } from '../../shared/config/index.ts';
import type { githubFields } from './github.ts';
import { LONGEST_STALE_MS, parseOrganizationRule } from '../standing/index.ts';
import type { OrganizationRule } from '../standing/index.ts';

const organizationRule = z.string().transform((text, context): OrganizationRule => {
  const rule = parseOrganizationRule(text);
  if (rule !== undefined) return rule;
  context.addIssue({
    code: 'custom',
    message:
      'must name organizations, or teams as organization/team-slug, each with :id behind the organization where it is pinned',
  });
  return z.NEVER;
});

/** No space: the display name `Acme Corp` is not the two organizations `acme` and `corp`, which are somebody else's. */
const BETWEEN_ORGANIZATIONS = /[ \t]*[,\r\n]\s*/;

/** Who may sign in and stay, and how the gateway hears that somebody may not. */
export const peopleFields = {
  organizations: optionalField({
    env: 'GITHUB_ORGANIZATION',
    schema: listOf(organizationRule, BETWEEN_ORGANIZATIONS),
    whenAbsent: 'every account of the GitHub host',
    description:
      'Only members of one of these organizations may sign in and stay: logins separated by commas, `organization/team-slug` for one team of it, the numeric id behind a colon to pin it (`acme:12345`). Without an id the first one that is seen is remembered: when the login later belongs to another organization nobody of it is let in until an operator accepts it (`npm run admin -- accept-organization`). An OAuth App needs the scope `read:org`, a GitHub App the permission to read members and an installation in the organization.',
    remedy: 'For example acme,globex:12345/platform',
  }),
  requireMfa: defaultedField({
    env: 'REQUIRE_MFA',
    schema: trueOrFalse,
    default: 'false',
    description:
      'Whether only people with two-factor authentication may sign in and stay. GitHub tells of it to GitHub Apps and with the scope `read:user` or `user`; where it does not tell, the person is refused.',
    remedy: 'Set true or false.',
  }),
  membershipMaxAgeSeconds: defaultedField({
    env: 'MEMBERSHIP_MAX_AGE',
    schema: integerBetween({ min: 30, max: LONGEST_STALE_MS / 1000 }),
    default: '900',
    unit: 'seconds',
    description:
      'How long an answer of GitHub that a person may be here is believed before a refresh asks again: the account itself, organization, team and second factor. While GitHub cannot be asked it counts for 60 minutes in all.',
    remedy: 'Shorter notices sooner and asks GitHub more often.',
  }),
  githubWebhookSecret: optionalField({
    env: 'GITHUB_WEBHOOK_SECRET',
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{16,500}$/, 'must be at least 16 characters of ASCII without spaces'),
    whenAbsent: 'no webhooks: `/webhooks/github` is 404',
    secret: true,
    description:
      'Secret of the webhook that the GitHub App sends to `<PUBLIC_URL>/webhooks/github` as `application/json`. With it a revoked app, and a person who leaves an organization or team, ends grants at once.',
    remedy: 'Make one with: openssl rand -hex 32, and set the same at GitHub.',
  }),
};

const notEnforced = (env: string) =>
  optionalField({
    env,
    schema: oneOf(['false']),
    whenAbsent: 'no such restriction',
    description: 'Restricts who may sign in elsewhere. Not enforced here yet, so a start with it is refused.',
    remedy:
      'This version knows GITHUB_ORGANIZATION and REQUIRE_MFA only: remove the variable if these are enough.',
  });

/** Restrictions an operator may believe in because another product enforced them: ignoring one would open a door. */
export const restrictionFields = {
  enterpriseOrganization: notEnforced('ENTERPRISE_ORGANIZATION'),
  requiredGroups: notEnforced('REQUIRED_ENTERPRISE_GROUPS'),
  ssoEnforcement: notEnforced('GITHUB_SSO_ENFORCEMENT'),
};

interface AccessValues {
  readonly organizations: readonly OrganizationRule[] | undefined;
  readonly requireMfa: boolean;
  readonly githubOauthScopes: readonly string[];
}

/** What the rules need, and one scope that gives it: the first that the operator allows, else the least there is. */
function scopeNeeds({ organizations, requireMfa, githubOauthScopes }: AccessValues) {
  // A GitHub App has permissions instead of scopes.
  if (githubOauthScopes.length === 0) return [];
  const oneOfThese = (env: string, ...scopes: readonly [string, ...string[]]) => ({
    env,
    scopes,
    scope: scopes.find((scope) => githubOauthScopes.includes(scope)) ?? scopes[0],
  });
  return [
    ...(organizations === undefined ? [] : [oneOfThese('GITHUB_ORGANIZATION', 'read:org')]),
    ...(requireMfa ? [oneOfThese('REQUIRE_MFA', 'read:user', 'user')] : []),
  ];
}

/** The GitHub scopes that every sign-in must ask for; empty without rules and for a GitHub App. */
export function requiredScopes(values: AccessValues): readonly string[] {
  return scopeNeeds(values).map(({ scope }) => scope);
}

interface AccessObjection {
  readonly key: 'githubOauthScopes' | 'githubOauthBaselineScopes';
  readonly problem: string;
}

/** Rules that no token could be checked against would let nobody in. */
function objectToAccess(
  values: AccessValues & { readonly githubOauthBaselineScopes: readonly string[] | undefined },
): AccessObjection[] {
  return scopeNeeds(values).flatMap(({ env, scopes }): AccessObjection[] => {
    const lacks = (list: readonly string[] | undefined) =>
      list !== undefined && !scopes.some((scope) => list.includes(scope));
    const problem = `must contain ${scopes.join(' or ')}, because ${env} is set`;
    if (lacks(values.githubOauthScopes)) return [{ key: 'githubOauthScopes', problem }];
    return lacks(values.githubOauthBaselineScopes) ? [{ key: 'githubOauthBaselineScopes', problem }] : [];
  });
}

type RuleFields = Pick<typeof peopleFields, 'organizations' | 'requireMfa'> &
  Pick<typeof githubFields, 'githubOauthScopes' | 'githubOauthBaselineScopes'>;

export const peopleChecks: readonly CrossCheck<RuleFields>[] = [
  {
    needs: ['organizations', 'requireMfa', 'githubOauthScopes', 'githubOauthBaselineScopes'],
    check: objectToAccess,
  },
  {
    needs: ['githubOauthScopes', 'githubOauthBaselineScopes', 'organizations', 'requireMfa'],
    check: objectToBaseline,
  },
];

const DEFAULT_BASELINE_SCOPES = ['read:user'];

export function defaultBaseline(values: AccessValues): readonly string[] {
  if (values.githubOauthScopes.length === 0) return [];
  const required = requiredScopes(values).filter((scope) => values.githubOauthScopes.includes(scope));
  return [...new Set([...DEFAULT_BASELINE_SCOPES, ...required])];
}

function objectToBaseline(values: ConfigOf<RuleFields>): readonly Objection<RuleFields>[] {
  const allowed = values.githubOauthScopes;
  const baseline = values.githubOauthBaselineScopes ?? defaultBaseline(values);
  const outside = baseline.filter((scope) => !allowed.includes(scope));
  if (outside.length === 0) return [];
  const problem =
    values.githubOauthBaselineScopes === undefined
      ? `is required when GITHUB_OAUTH_SCOPES does not contain its default, ${outside.join(' ')}`
      : `names scopes that GITHUB_OAUTH_SCOPES does not contain: ${outside.join(' ')}`;
  return [{ key: 'githubOauthBaselineScopes', problem }];
}
