import type {
  Membership,
  MembershipState,
  SimulatedOrganization,
  SimulatedTeam,
} from './organization-seed.ts';
import type { SimulatorState } from './state.ts';

/** Logins of organizations are case-insensitive too. */
export function findOrganization(state: SimulatorState, login: string): SimulatedOrganization | undefined {
  return state.organizations.get(login.toLowerCase());
}

/** Sets or ends (`null`) a membership; who leaves an organization leaves its teams. */
export function changeMembership(
  state: SimulatorState,
  organization: SimulatedOrganization,
  { userId, membership }: { readonly userId: number; readonly membership: Membership | null },
): void {
  const members = new Map(organization.members);
  if (membership === null) members.delete(userId);
  else members.set(userId, membership);
  const teams = new Map([...organization.teams].map(([slug, team]) => [slug, withoutMember(team, userId)]));
  put(state, { ...organization, members, teams: membership === null ? teams : organization.teams });
}

export function changeTeamMembership(
  state: SimulatorState,
  organization: SimulatedOrganization,
  {
    team,
    userId,
    membership,
  }: {
    readonly team: SimulatedTeam;
    readonly userId: number;
    readonly membership: MembershipState | null;
  },
): void {
  const left = withoutMember(team, userId);
  const next =
    membership === null ? left : { ...team, members: new Map(team.members).set(userId, membership) };
  put(state, { ...organization, teams: new Map(organization.teams).set(team.slug, next) });
}

export function replaceOrganization(
  state: SimulatorState,
  organization: SimulatedOrganization,
  id: number,
): void {
  put(state, { ...organization, id });
}

function withoutMember(team: SimulatedTeam, userId: number): SimulatedTeam {
  const members = new Map(team.members);
  members.delete(userId);
  return { ...team, members };
}

function put(state: SimulatorState, organization: SimulatedOrganization): void {
  state.organizations.set(organization.login.toLowerCase(), organization);
}
