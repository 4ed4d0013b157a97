import type { Request, Response, Router } from 'express';
import { policyOf, refuseByPolicy, sendMessage, sendNotFound, tellPartialResults } from './access.ts';
import type { Bases } from './access.ts';
import type { ApiCaller } from './api-caller.ts';
import { installationState } from './installations.ts';
import { membershipBody, organizationSummary, teamBody } from './organization-body.ts';
import { findOrganization } from './organizations.ts';
import type { Membership, SimulatedOrganization } from './organization-seed.ts';
import { sendList } from './paging.ts';
import { queryOf } from './request.ts';
import { findUser } from './state.ts';
import type { SimulatorState, TokenRecord } from './state.ts';
import { isGitHubAppToken } from './tokens.ts';

export interface OrganizationDeps {
  readonly state: SimulatorState;
  readonly bases: () => Bases;
  readonly caller: (request: Request) => ApiCaller | undefined;
}

interface Call {
  readonly request: Request;
  readonly response: Response;
}

// `read:org` is part of the wider scopes (`scopes.ts`), which is why they are named.
const READ_ORG = ['admin:org', 'read:org', 'write:org'] as const;
const READ_USER_ORGS = [...READ_ORG, 'user'] as const;
const READ_TEAMS = [...READ_ORG, 'repo', 'user'] as const;

/** Organizations, memberships and teams, as far as an organization's gate needs them. */
export function mountOrganizations(router: Router, deps: OrganizationDeps): void {
  const { bases } = deps;
  router.get('/user/orgs', (request, response) => {
    const caller = requireScope(deps, READ_USER_ORGS, { request, response });
    if (caller === undefined) return;
    const open = openMemberships(deps, caller, response).filter(isActive);
    const list = open.map(({ organization }) => organizationSummary(organization, bases()));
    sendList({ request, response }, list, bases().api);
  });
  router.get('/user/memberships/orgs', (request, response) => {
    const caller = requireScope(deps, READ_ORG, { request, response });
    if (caller !== undefined) sendMemberships(deps, caller, { request, response });
  });
  router.get('/user/memberships/orgs/:org', (request, response) => {
    const caller = requireScope(deps, READ_ORG, { request, response });
    if (caller !== undefined) sendMembership(deps, caller, { response, login: request.params.org });
  });
  router.get('/user/teams', (request, response) => {
    const caller = requireScope(deps, READ_TEAMS, { request, response });
    if (caller === undefined) return;
    const list = openMemberships(deps, caller, response).flatMap(({ organization }) =>
      [...organization.teams.values()]
        .filter((team) => team.members.get(caller.user.id) === 'active')
        .map((team) => teamBody(organization, team, bases())),
    );
    sendList({ request, response }, list, bases().api);
  });
  router.get('/orgs/:org/teams/:slug/memberships/:username', (request, response) => {
    const caller = requireScope(deps, READ_ORG, { request, response });
    if (caller !== undefined) sendTeamMembership(deps, caller, { response, ...request.params });
  });
}

/** The caller, or undefined after an answer: 401 without a token, 403 for a token without any of the scopes. */
function requireScope(
  { caller }: OrganizationDeps,
  accepted: readonly string[],
  { request, response }: Call,
): ApiCaller | undefined {
  const found = caller(request);
  if (found === undefined) {
    sendMessage(response, 401, 'Requires authentication');
    return undefined;
  }
  if (isGitHubAppToken(found.record)) {
    response.set('x-accepted-github-permissions', 'members=read');
    return found;
  }
  response.set('x-accepted-oauth-scopes', accepted.join(', '));
  if (found.record.scopes.some((scope) => accepted.includes(scope))) return found;
  sendMessage(response, 403, `You need at least one of these scopes: ${accepted.join(', ')}.`);
  return undefined;
}

interface OwnMembership {
  readonly organization: SimulatedOrganization;
  readonly membership: Membership;
}

const isActive = ({ membership }: OwnMembership): boolean => membership.state === 'active';

/** What a GitHub App needs and an OAuth App does not. */
function isInstalled(state: SimulatorState, record: TokenRecord, owner: string): boolean {
  return !isGitHubAppToken(record) || installationState(state, record.clientId, owner) === 'active';
}

/** The caller's memberships that its app may see; organizations hiding behind a policy are simply missing. */
function openMemberships(
  { state }: OrganizationDeps,
  caller: ApiCaller,
  response: Response,
): OwnMembership[] {
  const { user, record } = caller;
  const own = [...state.organizations.values()].flatMap((organization) => {
    const membership = organization.members.get(user.id);
    return membership === undefined ? [] : [{ organization, membership }];
  });
  const policy = ({ organization }: OwnMembership) => policyOf(state, organization.login, caller);
  const behindSso = own.filter((each) => policy(each) === 'sso');
  tellPartialResults(
    response,
    behindSso.map(({ organization }) => organization.id),
  );
  return own.filter(
    (each) => policy(each) === undefined && isInstalled(state, record, each.organization.login),
  );
}

function sendMemberships(deps: OrganizationDeps, caller: ApiCaller, { request, response }: Call): void {
  const wanted = queryOf(request).get('state');
  if (wanted !== null && wanted !== 'active' && wanted !== 'pending') {
    sendMessage(response, 422, 'Validation Failed', [
      { resource: 'OrganizationMembership', field: 'state', code: 'invalid' },
    ]);
    return;
  }
  const list = openMemberships(deps, caller, response)
    .filter(({ membership }) => wanted === null || membership.state === wanted)
    .map((each) => membershipBody({ ...each, user: caller.user }, deps.bases()));
  sendList({ request, response }, list, deps.bases().api);
}

/** The organization, or undefined after an answer: 404 for an unknown one, 403 for a policy or a missing installation. */
function requireOrganization(
  { state, bases }: OrganizationDeps,
  caller: ApiCaller,
  { response, login }: { readonly response: Response; readonly login: string },
): SimulatedOrganization | undefined {
  const organization = findOrganization(state, login);
  if (organization === undefined) {
    sendNotFound(response);
    return undefined;
  }
  const owner = organization.login;
  const policy = policyOf(state, owner, caller);
  if (policy !== undefined) {
    refuseByPolicy(response, policy, { owner, webBase: bases().web });
    return undefined;
  }
  if (!isInstalled(state, caller.record, owner)) {
    sendMessage(response, 403, 'Resource not accessible by integration');
    return undefined;
  }
  return organization;
}

function sendMembership(
  deps: OrganizationDeps,
  caller: ApiCaller,
  { response, login }: { readonly response: Response; readonly login: string },
): void {
  const organization = requireOrganization(deps, caller, { response, login });
  if (organization === undefined) return;
  const membership = organization.members.get(caller.user.id);
  if (membership === undefined) sendNotFound(response);
  else response.json(membershipBody({ organization, membership, user: caller.user }, deps.bases()));
}

interface TeamCall {
  readonly response: Response;
  readonly org: string;
  readonly slug: string;
  readonly username: string;
}

/** Teams are shown to active members of their organization only. */
function sendTeamMembership(
  deps: OrganizationDeps,
  caller: ApiCaller,
  { response, org, slug, username }: TeamCall,
): void {
  const organization = requireOrganization(deps, caller, { response, login: org });
  if (organization === undefined) return;
  const isMember = organization.members.get(caller.user.id)?.state === 'active';
  const team = isMember ? organization.teams.get(slug.toLowerCase()) : undefined;
  const user = findUser(deps.state, username);
  const state = user === undefined ? undefined : team?.members.get(user.id);
  if (team === undefined || user === undefined || state === undefined) {
    sendNotFound(response);
    return;
  }
  const path = `/organizations/${String(organization.id)}/team/${String(team.id)}/memberships/${user.login}`;
  response.json({ state, role: 'member', url: `${deps.bases().api}${path}` });
}
