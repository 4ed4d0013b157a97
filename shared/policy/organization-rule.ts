import type { OrganizationRule } from './access.ts';

const RULE = /^([a-z0-9][a-z0-9_-]{0,99})(?:\/([a-z0-9][a-z0-9_-]{0,99}))?$/;

/**
 * Reads `organization` or `organization/team-slug`; GitHub compares both without case. Undefined when it is neither,
 * and for `true` and `false`: an operator who writes one of them takes the variable for a switch.
 */
export function parseOrganizationRule(text: string): OrganizationRule | undefined {
  const [, organization, team] = RULE.exec(text.toLowerCase()) ?? [];
  if (organization === undefined || organization === 'true' || organization === 'false') return undefined;
  return { organization, team: team ?? null };
}

export function formatOrganizationRule({ organization, team }: OrganizationRule): string {
  return team === null ? organization : `${organization}/${team}`;
}
