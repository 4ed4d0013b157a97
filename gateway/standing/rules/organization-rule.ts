import type { OrganizationRule } from './access.ts';

const RULE = /^([a-z0-9][a-z0-9_-]{0,99})(?::([1-9]\d{0,14}))?(?:\/([a-z0-9][a-z0-9_-]{0,99}))?$/;

/**
 * Reads `organization` or `organization/team-slug`, with the organization's numeric id behind a colon where the operator
 * pins it (`acme:12345/platform`); GitHub compares names without case. Undefined when it is neither,
 * and for `true` and `false`: an operator who writes one of them takes the variable for a switch.
 */
export function parseOrganizationRule(text: string): OrganizationRule | undefined {
  const [, organization, id, team] = RULE.exec(text.toLowerCase()) ?? [];
  if (organization === undefined || organization === 'true' || organization === 'false') return undefined;
  return { organization, id: id === undefined ? null : Number(id), team: team ?? null };
}

export function formatOrganizationRule({ organization, id, team }: OrganizationRule): string {
  const pinned = id === null ? organization : `${organization}:${String(id)}`;
  return team === null ? pinned : `${pinned}/${team}`;
}
