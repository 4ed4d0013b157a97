export { LoginFailure } from './login-failure.ts';
export type { Membership } from './membership.ts';
export type { OrganizationIds } from './organization-ids.ts';
export type { AccessRequirement, OrganizationRule } from './rules/access.ts';
export { LONGEST_STALE_MS } from './rules/decision-age.ts';
export { parseOrganizationRule } from './rules/organization-rule.ts';
export type { CredentialFreshener } from './freshen-credential.ts';
export type { Standing } from './standing.ts';
export { createStanding } from './standing.ts';
