export type MembershipState = 'active' | 'pending';

export interface Membership {
  readonly state: MembershipState;
  readonly role: 'admin' | 'member';
}

export interface SimulatedTeam {
  readonly id: number;
  readonly name: string;
  readonly slug: string;
  /** By user id. */
  readonly members: ReadonlyMap<number, MembershipState>;
}

export interface SimulatedOrganization {
  readonly id: number;
  readonly login: string;
  /** By user id. */
  readonly members: ReadonlyMap<number, Membership>;
  /** By slug. */
  readonly teams: ReadonlyMap<string, SimulatedTeam>;
}

/** An organization of the seed; members by login, all active. */
export interface OrganizationSeed {
  readonly id: number;
  readonly login: string;
  readonly members: Readonly<Record<string, Membership['role']>>;
  readonly teams: readonly {
    readonly id: number;
    readonly name: string;
    readonly slug: string;
    readonly members: readonly string[];
  }[];
}

/** @throws RangeError for a member that is not among the users. */
export function seedOrganization(
  seed: OrganizationSeed,
  users: readonly { readonly id: number; readonly login: string }[],
): SimulatedOrganization {
  const idOf = (login: string): number => {
    const user = users.find((each) => each.login === login);
    if (user === undefined) throw new RangeError(`the seed has no user ${JSON.stringify(login)}`);
    return user.id;
  };
  const members = Object.entries(seed.members).map(([login, role]): [number, Membership] => [
    idOf(login),
    { state: 'active', role },
  ]);
  const teams = seed.teams.map(({ members: logins, ...team }): [string, SimulatedTeam] => [
    team.slug,
    { ...team, members: new Map(logins.map((login) => [idOf(login), 'active' as const])) },
  ]);
  return { id: seed.id, login: seed.login, members: new Map(members), teams: new Map(teams) };
}
