export type {
  AccessDecision,
  AccessDenial,
  AccessEvidence,
  AccessRequirement,
  MembershipAnswer,
  OrganizationRule,
} from './access.ts';
export { asksNothing, judgeAccess } from './access.ts';
export { formatOrganizationRule, parseOrganizationRule } from './organization-rule.ts';
export { judgeAge, LONGEST_STALE_MS } from './decision-age.ts';
