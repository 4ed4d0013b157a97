/** One entry of `GITHUB_ORGANIZATION`: an organization, or one team of it. Lower case. */
export interface OrganizationRule {
  readonly organization: string;
  /** Its numeric id where the operator pins it: a login that was given up can be registered by anybody. */
  readonly id: number | null;
  readonly team: string | null;
}

/** What the operator asks of people beyond an account at the GitHub host. */
export interface AccessRequirement {
  /** Alternatives: being in one of them is enough. None: no membership is asked for. */
  readonly organizations: readonly OrganizationRule[];
  readonly requireMfa: boolean;
}

/** What GitHub said about one organization or team; `unknown` when it could not be asked. */
export type MembershipAnswer =
  | 'active'
  | 'pending'
  | 'not_a_member'
  | 'scope_missing'
  | 'sso_required'
  | 'oauth_app_restricted'
  | 'ip_blocked'
  /** The login belongs to another organization than before. */
  | 'organization_changed'
  | 'unknown';

export interface AccessEvidence {
  /** Null when GitHub does not tell: unknown, not "off". */
  readonly twoFactorAuthentication: boolean | null;
  /** One for each organization of the requirement, in its order. */
  readonly memberships: readonly MembershipAnswer[];
}

export type AccessDenial =
  Exclude<MembershipAnswer, 'active' | 'unknown'> | 'two_factor_off' | 'two_factor_unknown';

export type AccessDecision =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'denied'; readonly reason: AccessDenial }
  /** GitHub could not be asked about something that might still let the person in. */
  | { readonly outcome: 'undecided' };

/** Of several refusals the one that tells most about what to do is named. */
const MOST_TELLING: readonly Exclude<MembershipAnswer, 'active' | 'unknown'>[] = [
  'organization_changed',
  'sso_required',
  'oauth_app_restricted',
  'ip_blocked',
  'scope_missing',
  'pending',
];

/** Whether there is nothing to ask GitHub about a person beyond the account itself. */
export function asksNothing({ organizations, requireMfa }: AccessRequirement): boolean {
  return organizations.length === 0 && !requireMfa;
}

/** Whether a person may be let in; total, and never "allowed" for lack of an answer. */
export function judgeAccess(requirement: AccessRequirement, evidence: AccessEvidence): AccessDecision {
  const { twoFactorAuthentication, memberships } = evidence;
  if (requirement.requireMfa && twoFactorAuthentication !== true) {
    const reason = twoFactorAuthentication === null ? 'two_factor_unknown' : 'two_factor_off';
    return { outcome: 'denied', reason };
  }
  if (requirement.organizations.length === 0) return { outcome: 'allowed' };
  const answers = requirement.organizations.map((_rule, index) => memberships[index] ?? 'unknown');
  if (answers.includes('active')) return { outcome: 'allowed' };
  if (answers.includes('unknown')) return { outcome: 'undecided' };
  const reason = MOST_TELLING.find((each) => answers.includes(each)) ?? 'not_a_member';
  return { outcome: 'denied', reason };
}
