import type { Response } from 'express';
import type { ApiCaller } from './api-caller.ts';
import type { SimulatedRepository } from './repositories.ts';
import type { OwnerPolicy, SimulatorState } from './state.ts';

const DOCS = 'https://docs.github.com/rest';

/** Where the simulator's own pages and API are. */
export interface Bases {
  readonly web: string;
  readonly api: string;
}

/** Whether the caller may know of a repository: an OAuth App token needs `repo` for a private one, and its user must be a member. */
export function canRead(repository: SimulatedRepository, caller: ApiCaller | undefined): boolean {
  if (!repository.private) return true;
  if (caller === undefined || !repository.members.includes(caller.user.login)) return false;
  // A GitHub App has permissions instead of scopes; this one is installed everywhere.
  return caller.record.accessToken.startsWith('ghu_') || caller.record.scopes.includes('repo');
}

/** What keeps a caller with a token from an owner's repositories, public ones included. */
export function policyOf(
  state: SimulatorState,
  repository: SimulatedRepository,
  caller: ApiCaller | undefined,
): OwnerPolicy | undefined {
  return caller === undefined ? undefined : state.ownerPolicies.get(repository.owner.toLowerCase());
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
