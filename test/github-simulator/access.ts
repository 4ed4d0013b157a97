import type { Response } from 'express';
import type { ApiCaller } from './api-caller.ts';
import { installationState } from './installations.ts';
import { findOrganization } from './organizations.ts';
import type { SimulatedRepository } from './repositories.ts';
import type { OwnerPolicy, SimulatorState } from './state.ts';
import { isGitHubAppToken } from './tokens.ts';

const DOCS = 'https://docs.github.com/rest';

/** Where the simulator's own pages and API are. */
export interface Bases {
  readonly web: string;
  readonly api: string;
}

/** Whether the caller may know of a repository: its user must be a member, and the app have `repo` or be installed. */
export function canRead(
  state: SimulatorState,
  repository: SimulatedRepository,
  caller: ApiCaller | undefined,
): boolean {
  if (!repository.private) return true;
  if (caller === undefined || !isMember(state, repository, caller)) return false;
  const { clientId, scopes } = caller.record;
  if (!isGitHubAppToken(caller.record)) return scopes.includes('repo');
  return installationState(state, clientId, repository.owner) === 'active';
}

function isMember(
  state: SimulatorState,
  { owner, members }: SimulatedRepository,
  { user }: ApiCaller,
): boolean {
  const organization = findOrganization(state, owner);
  const isActive = organization === undefined || organization.members.get(user.id)?.state === 'active';
  return isActive && members.includes(user.login);
}

/** Organizations behind single sign-on are left out of a list that spans several, and the answer says so. */
export function tellPartialResults(response: Response, organizations: readonly number[]): void {
  const ids = [...new Set(organizations)].join(',');
  if (ids !== '') response.set('x-github-sso', `partial-results; organizations=${ids}`);
}

/** What keeps a caller with a token from what an owner has, public repositories included. */
export function policyOf(
  state: SimulatorState,
  owner: string,
  caller: ApiCaller | undefined,
): OwnerPolicy | undefined {
  const policy = caller === undefined ? undefined : state.ownerPolicies.get(owner.toLowerCase());
  const isForOthers =
    policy === 'oauth-app-restriction' && caller !== undefined && isGitHubAppToken(caller.record);
  return isForOthers ? undefined : policy;
}

const CREDENTIALS = 'Although you appear to have the correct authorization credentials, the';

/** Answers 403 as GitHub does for each policy. */
export function refuseByPolicy(
  response: Response,
  policy: OwnerPolicy,
  { owner, webBase }: { readonly owner: string; readonly webBase: string },
): void {
  if (policy === 'sso') {
    response.set('x-github-sso', `required; url=${webBase}/orgs/${owner}/sso?authorization_request=A1B2C3`);
  }
  const messages: Readonly<Record<OwnerPolicy, string>> = {
    sso: 'Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.',
    'oauth-app-restriction': `${CREDENTIALS} \`${owner}\` organization has enabled OAuth App access restrictions, meaning that data access to third-parties is limited.`,
    'ip-allow-list': `${CREDENTIALS} \`${owner}\` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.`,
  };
  sendMessage(response, 403, messages[policy]);
}

export function sendMessage(response: Response, status: number, message: string, errors?: unknown): void {
  const extra = errors === undefined ? {} : { errors };
  response.status(status).json({ message, ...extra, documentation_url: DOCS, status: String(status) });
}

export function sendNotFound(response: Response): void {
  sendMessage(response, 404, 'Not Found');
}
