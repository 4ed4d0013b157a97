import { defaultedField, integerBetween, optionalField, textAcceptedBy } from '../../shared/config/index.ts';
import type { ConfigOf, CrossCheck, Objection } from '../../shared/config/index.ts';
import { parseKeyRing } from '../../shared/vault/index.ts';
import type { TokenLifetimes } from '../authorization-server/index.ts';
import type { GrantLifetimes } from '../grants/index.ts';

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

/** How long tokens, grants and keys live. */
export const tokenFields = {
  accessTokenTtlSeconds: defaultedField({
    env: 'ACCESS_TOKEN_TTL',
    schema: integerBetween({ min: 60, max: 3600 }),
    default: '300',
    unit: 'seconds',
    description:
      'Life of an access token, and so the longest a revocation can stay unseen when the store is away.',
    remedy: 'Clients refresh by themselves; short is safe.',
  }),
  refreshTokenIdleTtlSeconds: defaultedField({
    env: 'REFRESH_TOKEN_IDLE_TTL',
    schema: integerBetween({ min: 300, max: YEAR_SECONDS }),
    default: String(14 * DAY_SECONDS),
    unit: 'seconds',
    description: 'A grant whose refresh token is not used for so long ends.',
    remedy: 'Must be longer than ACCESS_TOKEN_TTL and not longer than REFRESH_TOKEN_MAX_TTL.',
  }),
  refreshTokenMaxTtlSeconds: defaultedField({
    env: 'REFRESH_TOKEN_MAX_TTL',
    schema: integerBetween({ min: 300, max: YEAR_SECONDS }),
    default: String(90 * DAY_SECONDS),
    unit: 'seconds',
    description: 'A grant of this age ends, however much it is used.',
    remedy: 'Must not be shorter than REFRESH_TOKEN_IDLE_TTL.',
  }),
  signingKeyMaxAgeSeconds: defaultedField({
    env: 'SIGNING_KEY_MAX_AGE',
    schema: integerBetween({ min: DAY_SECONDS, max: YEAR_SECONDS }),
    default: String(90 * DAY_SECONDS),
    unit: 'seconds',
    description:
      'A signing key of this age is replaced: the new one is published for 10 minutes before it signs, the old one verifies for 65 minutes after.',
    remedy: 'Set a number of seconds from a day to a year.',
  }),
  grantsPerClient: defaultedField({
    env: 'GRANTS_PER_CLIENT',
    schema: integerBetween({ min: 1, max: 1000 }),
    default: '20',
    description: 'Live grants one person may have at one client; one more ends the one unused for longest.',
    remedy: 'Raise it for clients that people use on many machines.',
  }),
  refreshTokenReuseWindowSeconds: defaultedField({
    env: 'REFRESH_TOKEN_REUSE_WINDOW',
    schema: integerBetween({ min: 0, max: 300 }),
    default: '30',
    unit: 'seconds',
    description:
      'How long a superseded refresh token still answers with its own successor, for clients that retry or race; later use ends the grant.',
    remedy: 'Keep it near the longest network retry of your clients.',
  }),
  gatewayKeys: optionalField({
    env: 'GATEWAY_KEYS',
    schema: textAcceptedBy(parseKeyRing),
    whenAbsent: 'generated in `STATE_DIR`',
    secret: true,
    description:
      'Keys that only gateways hold, in the form of `VAULT_KEYS`: they wrap signing keys and authenticate the records that grant power.',
    remedy: 'Make a key with: openssl rand -base64 32 | tr +/ -_ | tr -d =',
  }),
};

type Fields = typeof tokenFields;
type Values = ConfigOf<Fields>;

function objectToLifetimes(values: Values): readonly Objection<Fields>[] {
  const { accessTokenTtlSeconds, refreshTokenIdleTtlSeconds, refreshTokenMaxTtlSeconds } = values;
  const objections: Objection<Fields>[] = [];
  if (refreshTokenIdleTtlSeconds > refreshTokenMaxTtlSeconds) {
    const problem = `must not exceed REFRESH_TOKEN_MAX_TTL, which is ${refreshTokenMaxTtlSeconds}`;
    objections.push({ key: 'refreshTokenIdleTtlSeconds', problem });
  }
  if (accessTokenTtlSeconds >= refreshTokenIdleTtlSeconds) {
    const problem = `must exceed ACCESS_TOKEN_TTL, which is ${accessTokenTtlSeconds}`;
    objections.push({ key: 'refreshTokenIdleTtlSeconds', problem });
  }
  return objections;
}

export const tokenChecks: readonly CrossCheck<Fields>[] = [
  {
    needs: ['accessTokenTtlSeconds', 'refreshTokenIdleTtlSeconds', 'refreshTokenMaxTtlSeconds'],
    check: objectToLifetimes,
  },
];

export function grantLifetimes(config: Values): GrantLifetimes {
  return {
    idleMs: config.refreshTokenIdleTtlSeconds * 1000,
    absoluteMs: config.refreshTokenMaxTtlSeconds * 1000,
    perClient: config.grantsPerClient,
  };
}

export function tokenLifetimes(config: Values): TokenLifetimes {
  return {
    accessTokenSeconds: config.accessTokenTtlSeconds,
    grantMs: config.refreshTokenMaxTtlSeconds * 1000,
    refreshWindowMs: config.refreshTokenReuseWindowSeconds * 1000,
  };
}
