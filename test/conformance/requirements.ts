import { AUTHORIZATION_REQUIREMENTS } from './authorization-requirements.ts';
import { TRANSPORT_REQUIREMENTS } from './transport-requirements.ts';
import type { Requirement } from './requirement.ts';

const ALL = [...AUTHORIZATION_REQUIREMENTS, ...TRANSPORT_REQUIREMENTS] as const;

/** Every requirement of the MCP specification on this product; coverage.test.ts compares them with the tests. */
export const REQUIREMENTS: readonly Requirement[] = ALL;

/** What a conformance test may cite. */
export type TestedRequirementId = Extract<(typeof ALL)[number], { status: 'tested' }>['id'];
