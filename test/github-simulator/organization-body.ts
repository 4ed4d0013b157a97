import type { Bases } from './access.ts';
import type { Membership, SimulatedOrganization, SimulatedTeam } from './organization-seed.ts';
import type { SimulatedUser } from './state.ts';
import { userSummary } from './user-body.ts';

type Body = Record<string, unknown>;

const nodeId = (kind: string, id: number): string =>
  Buffer.from(`${String(kind.length).padStart(2, '0')}:${kind}${String(id)}`).toString('base64');

/** The members of an organization that GitHub repeats in other objects. */
export function organizationSummary({ id, login }: SimulatedOrganization, { api, web }: Bases): Body {
  const url = `${api}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId('Organization', id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${web}/avatars/u/${String(id)}?v=4`,
    description: null,
  };
}

/** A membership as a webhook carries it: with the user, without the organization. */
export function membershipSummary({ organization, user, membership }: MemberOf, bases: Bases): Body {
  const url = `${bases.api}/orgs/${organization.login}`;
  return {
    url: `${url}/memberships/${user.login}`,
    state: membership.state,
    role: membership.role,
    organization_url: url,
    user: userSummary(user, bases),
  };
}

export interface MemberOf {
  readonly organization: SimulatedOrganization;
  readonly user: SimulatedUser;
  readonly membership: Membership;
}

/** `GET /user/memberships/orgs/{org}`. */
export function membershipBody(member: MemberOf, bases: Bases): Body {
  return {
    ...membershipSummary(member, bases),
    organization: organizationSummary(member.organization, bases),
    permissions: { can_create_repository: member.membership.role === 'admin' },
  };
}

/** A team as a webhook carries it. */
export function teamSummary(
  organization: SimulatedOrganization,
  { id, name, slug }: SimulatedTeam,
  { api, web }: Bases,
): Body {
  const url = `${api}/organizations/${String(organization.id)}/team/${String(id)}`;
  return {
    id,
    node_id: nodeId('Team', id),
    name,
    slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    permission: 'pull',
    url,
    html_url: `${web}/orgs/${organization.login}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    parent: null,
    type: 'organization',
    organization_id: organization.id,
  };
}

/** A team of `GET /user/teams`. */
export function teamBody(organization: SimulatedOrganization, team: SimulatedTeam, bases: Bases): Body {
  const times = { created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' };
  return {
    ...teamSummary(organization, team, bases),
    ...times,
    members_count: team.members.size,
    repos_count: 0,
    organization: {
      ...organizationSummary(organization, bases),
      ...times,
      html_url: `${bases.web}/${organization.login}`,
      type: 'Organization',
      archived_at: null,
      has_organization_projects: true,
      has_repository_projects: true,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
    },
  };
}
