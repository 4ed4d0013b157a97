import { CLOCK_LEEWAY_SECONDS } from '../../shared/access-token/index.ts';
import { LONGEST_STALE_MS } from '../../gateway/standing/index.ts';

/** How a deployment is connected to GitHub, as far as it matters for how soon something is noticed. */
export const CONNECTIONS = ['OAuth App', 'GitHub App', 'GitHub App with webhooks'] as const;
export type Connection = (typeof CONNECTIONS)[number];

/**
 * What the longest time until every call is refused is made of. `feed`: we are told, and tell all processes. `refresh`:
 * the last answer of GitHub's, and then the last access token, have to grow old. `outage`: the same while GitHub's API
 * does not answer. `last_token`: we are told and believe no old answer, but cannot ask: the access token grows old.
 */
export type Bound = 'feed' | 'refresh' | 'outage' | 'last_token';

export interface DeprovisioningRow<Name extends string = string> {
  readonly name: Name;
  readonly event: string;
  readonly bounds: Readonly<Record<Connection, Bound>>;
}

const row = <Name extends string>(
  name: Name,
  event: string,
  bound: Bound,
  withWebhooks: Bound = bound,
): DeprovisioningRow<Name> => ({
  name,
  event,
  bounds: { 'OAuth App': bound, 'GitHub App': bound, 'GitHub App with webhooks': withWebhooks },
});

/** Every event that takes access away. Each row is executed by test/integration/gateway/deprovisioning.test.ts. */
export const DEPROVISIONING_ROWS = [
  row('client-revokes', 'The client revokes its token (RFC 7009)', 'feed'),
  row('person-revokes', 'The person revokes the client at `/account`', 'feed'),
  row('lost-device', 'A device is lost, and the person revokes everything from another one', 'feed'),
  row('operator', 'An operator ends the grants of the person (admin API)', 'feed'),
  row('refresh-token-reuse', 'A refresh token that was replaced is used again after its window', 'feed'),
  row('app-removed', 'The person removes the app at GitHub', 'refresh', 'feed'),
  row('suspended', 'GitHub suspends the person', 'refresh'),
  row(
    'organization-left',
    'The person is removed from the organization (`GITHUB_ORGANIZATION`)',
    'refresh',
    'feed',
  ),
  row('team-left', 'The person is removed from the team', 'refresh', 'feed'),
  row('mfa-off', 'The person switches two-factor authentication off (`REQUIRE_MFA`)', 'refresh'),
  row(
    'github-away',
    'The person is removed from the organization while the API of GitHub does not answer',
    'outage',
    'last_token',
  ),
] as const satisfies readonly DeprovisioningRow[];

export interface Lifetimes {
  readonly accessTokenTtlSeconds: number;
  readonly membershipMaxAgeSeconds: number;
}

/** Longest time until every call is refused (s); for `feed` it is one heartbeat, in case an entry was lost. */
export function boundSeconds(bound: Bound, lifetimes: Lifetimes): number {
  const lastToken = lifetimes.accessTokenTtlSeconds + CLOCK_LEEWAY_SECONDS;
  if (bound === 'last_token') return lastToken;
  if (bound === 'refresh') return lifetimes.membershipMaxAgeSeconds + lastToken;
  return bound === 'outage' ? LONGEST_STALE_MS / 1000 + lastToken : 1;
}
