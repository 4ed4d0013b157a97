import type { GitHubApi, GitHubFailureCode, GitHubUser } from '../../../shared/github/index.ts';
import { classifyGitHubFailure, GitHubApiError } from '../../../shared/github/index.ts';
import { OutgoingHttpError } from '../../../shared/outgoing-http/index.ts';
import type {
  AccessDecision,
  AccessRequirement,
  MembershipAnswer,
  OrganizationRule,
} from '../../../shared/policy/index.ts';
import { judgeAccess } from '../../../shared/policy/index.ts';

/** All questions about one person together; GitHub gives a webhook's receiver ten seconds (ms). */
const PATIENCE_MS = 5_000;

/** What GitHub's answers come to. `token_refused` and `suspended` are about the account itself. */
export type AccessVerdict = AccessDecision | { readonly outcome: 'token_refused' | 'suspended' };

/** Asks GitHub, with a person's own token, whether that person may be let in. Never throws for what GitHub does. */
export type AskGitHub = (accessToken: string) => Promise<AccessVerdict>;

export function createAskGitHub(deps: { api: GitHubApi; requirement: AccessRequirement }): AskGitHub {
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
  readonly accessToken: string;
  readonly signal: AbortSignal;
}

/** @throws GitHubApiError when the answer is about the token rather than about the organization. */
async function askMembership(
  { api, accessToken, signal }: Call,
  { organization, team }: OrganizationRule,
  { login }: GitHubUser,
): Promise<MembershipAnswer> {
  const [path, endpoint] =
    team === null
      ? [['user', 'memberships', 'orgs', organization], '/user/memberships/orgs/{org}']
      : [
          ['orgs', organization, 'teams', team, 'memberships', login],
          '/orgs/{org}/teams/{team_slug}/memberships/{username}',
        ];
  try {
    const answer = await api.get(accessToken, path, { endpoint, signal });
    if (answer.status === 200) return stateOf(answer.json);
    throw new GitHubApiError(classifyGitHubFailure(answer, api.host));
  } catch (error) {
    const code = failureOf(error);
    // That the account itself is suspended only its own endpoint tells.
    if (code === 'auth_revoked') throw error;
    return ANSWERS[code] ?? 'unknown';
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

function stateOf(json: unknown): MembershipAnswer {
  const state = typeof json === 'object' && json !== null && 'state' in json ? json.state : undefined;
  return state === 'active' || state === 'pending' ? state : 'unknown';
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
