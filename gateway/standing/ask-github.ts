import { z } from 'zod';
import type { GitHubApi, GitHubFailureCode, GitHubUser } from '../../shared/github/index.ts';
import { classifyGitHubFailure, GitHubApiError } from '../../shared/github/index.ts';
import { OutgoingHttpError } from '../../shared/outgoing-http/index.ts';
import type { OrganizationIds } from './organization-ids.ts';
import type {
  AccessDecision,
  AccessRequirement,
  MembershipAnswer,
  OrganizationRule,
} from './rules/access.ts';
import { judgeAccess } from './rules/access.ts';

/** All questions about one person together; GitHub gives a webhook's receiver ten seconds (ms). */
const PATIENCE_MS = 5_000;

/** What GitHub's answers come to. `token_refused` and `suspended` are about the account itself. */
export type AccessVerdict = AccessDecision | { readonly outcome: 'token_refused' | 'suspended' };

/** Asks GitHub, with a person's own token, whether that person may be let in. Never throws for what GitHub does. */
export type AskGitHub = (accessToken: string) => Promise<AccessVerdict>;

export function createAskGitHub(deps: {
  readonly api: GitHubApi;
  readonly requirement: AccessRequirement;
  readonly organizationIds: Pick<OrganizationIds, 'isSame'>;
}): AskGitHub {
  return async (accessToken) => {
    const call: Call = { ...deps, accessToken, signal: AbortSignal.timeout(PATIENCE_MS) };
    try {
      const user = await deps.api.getUser(accessToken, call.signal);
      const memberships = await Promise.all(
        deps.requirement.organizations.map(async (rule) => await askMembership(call, rule, user)),
      );
      return judgeAccess(deps.requirement, { ...user, memberships });
    } catch (error) {
      return verdictOf(error);
    }
  };
}

interface Call {
  readonly api: GitHubApi;
  readonly organizationIds: Pick<OrganizationIds, 'isSame'>;
  readonly accessToken: string;
  readonly signal: AbortSignal;
}

/**
 * The membership, of the organization that the login meant so far. A team's answer names no organization: the person's
 * membership in the organization, without which there is none in a team, does.
 * @throws GitHubApiError when the answer is about the token rather than about the organization; StoreUnavailableError.
 */
async function askMembership(
  call: Call,
  rule: OrganizationRule,
  user: GitHubUser,
): Promise<MembershipAnswer> {
  const { organization, team } = rule;
  const inOrganization = await askState(call, {
    path: ['user', 'memberships', 'orgs', organization],
    endpoint: '/user/memberships/orgs/{org}',
  });
  if (inOrganization.state !== 'active') return inOrganization.state;
  const { id } = inOrganization;
  if (id === undefined) return 'unknown';
  const isSame = rule.id === null ? await call.organizationIds.isSame(organization, id) : rule.id === id;
  if (!isSame) return 'organization_changed';
  if (team === null) return 'active';
  const inTeam = await askState(call, {
    path: ['orgs', organization, 'teams', team, 'memberships', user.login],
    endpoint: '/orgs/{org}/teams/{team_slug}/memberships/{username}',
  });
  return inTeam.state;
}

interface MembershipState {
  readonly state: MembershipAnswer;
  /** Of the organization, where the answer tells. */
  readonly id?: number | undefined;
}

async function askState(
  { api, accessToken, signal }: Call,
  { path, endpoint }: { readonly path: readonly string[]; readonly endpoint: string },
): Promise<MembershipState> {
  try {
    const answer = await api.get(accessToken, path, { endpoint, signal });
    if (answer.status === 200) return membershipIn(answer.json);
    throw new GitHubApiError(classifyGitHubFailure(answer, api.host));
  } catch (error) {
    const code = failureOf(error);
    // That the account itself is suspended only its own endpoint tells.
    if (code === 'auth_revoked') throw error;
    return { state: ANSWERS[code] ?? 'unknown' };
  }
}

/** GitHub hides what a token may not see behind 404, so that is a no; what may pass is unknown. */
const ANSWERS: Readonly<Partial<Record<GitHubFailureCode, MembershipAnswer>>> = {
  not_found_or_hidden: 'not_a_member',
  scope_missing: 'scope_missing',
  sso_required: 'sso_required',
  org_restricted: 'oauth_app_restricted',
  ip_blocked: 'ip_blocked',
};

const membershipShape = z.object({
  state: z.enum(['active', 'pending']),
  organization: z.object({ id: z.int() }).optional(),
});

function membershipIn(json: unknown): MembershipState {
  const parsed = membershipShape.safeParse(json);
  return parsed.success
    ? { state: parsed.data.state, id: parsed.data.organization?.id }
    : { state: 'unknown' };
}

function verdictOf(error: unknown): AccessVerdict {
  const code = failureOf(error);
  if (code === 'auth_revoked') return { outcome: 'token_refused' };
  return { outcome: code === 'suspended' ? 'suspended' : 'undecided' };
}

/** @throws the error itself when it is none of GitHub's. */
function failureOf(error: unknown): GitHubFailureCode {
  if (error instanceof GitHubApiError) return error.failure.code;
  // Our own deadline fired.
  if (error instanceof OutgoingHttpError) return 'upstream_timeout';
  throw error;
}
