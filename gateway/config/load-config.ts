import {
  ConfigurationError,
  isOnLoopback,
  isPlainRemote,
  loadConfig,
  objectToGitHubAddresses,
  objectToRedis,
  redisPasswordReader,
  secretFilesOf,
  githubOf,
} from '../../shared/config/index.ts';
import type {
  ConfigFault,
  ConfigOf,
  ConfigWarning,
  CrossCheck,
  Environment,
  Objection,
  ReadFile,
  SecretFiles,
} from '../../shared/config/index.ts';
import type { GitHubHost } from '../../shared/github/index.ts';
import type { OrganizationRule } from '../standing/index.ts';
import { objectToAccess, requiredScopes, restrictionFields } from './access-fields.ts';
import { gatewayConfigFields } from './fields.ts';
import { objectToDomains } from './origin-fields.ts';
import { collide, sideAddresses } from './side-addresses.ts';
import { ROUTES } from '../http/index.ts';

export { gatewayConfigFields, restrictionFields, sideAddresses };
export type { SideAddress } from './side-addresses.ts';

type Fields = typeof gatewayConfigFields;
type Values = ConfigOf<Fields>;
type Objections = readonly Objection<Fields>[];
type ScopeValues = Pick<Values, 'githubOauthScopes' | 'organizations' | 'requireMfa'>;

const DEFAULT_BASELINE_SCOPES = ['read:user'];

/** The gateway's configuration: every value parsed and judged, with what follows from other values filled in. */
export interface GatewayConfig extends Omit<
  Values,
  | 'publicUrl'
  | 'githubOauthRedirectUri'
  | 'githubOauthBaselineScopes'
  | 'trustedProxies'
  | 'allowedOrigins'
  | 'allowedDomains'
  | 'organizations'
  | 'oauthEnabled'
  | 'transport'
  | 'redisPassword'
> {
  /** Issuer and base of every URL, a bare origin without trailing slash. */
  readonly publicUrl: string;
  readonly githubOauthRedirectUri: string;
  readonly githubOauthBaselineScopes: readonly string[];
  readonly organizations: readonly OrganizationRule[];
  /** GitHub scopes that every sign-in asks for, so that the rules about people can be checked. */
  readonly requiredScopes: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly allowedDomains: readonly string[];
  /** The GitHub that `GITHUB_HOST`, or the override pair, describes. */
  readonly github: GitHubHost;
  /** The password of Redis as its file says now. */
  readonly readRedisPassword: () => string | undefined;
  /** The files that secrets came from. */
  readonly secretFiles: SecretFiles;
  /** Variables that are set, are read by nothing, and look like a mistyped one. */
  readonly warnings: readonly ConfigWarning[];
}

/**
 * Loads the gateway's configuration.
 * @throws {ConfigurationError} listing every fault at once
 */
export function loadGatewayConfig(env: Environment, readFile: ReadFile): GatewayConfig {
  const result = loadConfig(gatewayConfigFields, { env, readFile, crossChecks });
  const restrictions = loadConfig(restrictionFields, { env, readFile });
  if (!result.ok || !restrictions.ok) {
    throw new ConfigurationError([...faultsIn(result), ...faultsIn(restrictions)], result.warnings);
  }
  const { oauthEnabled, transport, redisPassword, ...values } = result.config;
  const publicUrl = publicUrlOf(values);
  return {
    ...values,
    publicUrl,
    githubOauthRedirectUri: values.githubOauthRedirectUri ?? publicUrl + ROUTES.callback,
    githubOauthBaselineScopes: values.githubOauthBaselineScopes ?? defaultBaseline(values),
    organizations: values.organizations ?? [],
    requiredScopes: requiredScopes(values),
    trustedProxies: values.trustedProxies ?? [],
    allowedOrigins: values.allowedOrigins ?? [],
    allowedDomains: values.allowedDomains ?? [],
    github: githubOf(values),
    readRedisPassword: redisPasswordReader(env, readFile),
    secretFiles: secretFilesOf(gatewayConfigFields, { env, readFile }),
    warnings: result.warnings,
  };
}

function faultsIn(
  result: { readonly ok: true } | { readonly ok: false; readonly faults: readonly ConfigFault[] },
) {
  return result.ok ? [] : result.faults;
}

const REDIS_VALUES = [
  'store',
  'redisNodes',
  'redisSentinelMaster',
  'redisCluster',
  'redisTls',
  'redisAllowPlain',
] as const;

const LISTENER_VALUES = [
  'httpHost',
  'httpPort',
  'opsHost',
  'opsPort',
  'adminToken',
  'adminHost',
  'adminPort',
  'metadataHost',
  'metadataPort',
  'callbackServer',
  'callbackHost',
  'callbackPort',
] as const;

const crossChecks: readonly CrossCheck<Fields>[] = [
  { needs: ['publicUrl', 'httpPort'], check: objectToUnknownIssuer },
  { needs: ['httpPort', 'opsPort'], check: objectToSharedPort },
  { needs: LISTENER_VALUES, check: objectToSharedSidePorts },
  {
    needs: ['publicUrl', 'httpPort', 'githubOauthRedirectUri', 'callbackServer'],
    check: objectToForeignCallback,
  },
  {
    needs: ['githubOauthScopes', 'githubOauthBaselineScopes', 'organizations', 'requireMfa'],
    check: objectToBaseline,
  },
  {
    needs: ['organizations', 'requireMfa', 'githubOauthScopes', 'githubOauthBaselineScopes'],
    check: objectToAccess,
  },
  { needs: ['githubHost', 'githubWebUrl', 'githubApiUrl'], check: objectToGitHubAddresses },
  {
    needs: ['accessTokenTtlSeconds', 'refreshTokenIdleTtlSeconds', 'refreshTokenMaxTtlSeconds'],
    check: objectToLifetimes,
  },
  { needs: ['corsMode', 'allowedDomains'], check: objectToDomains },
  { needs: ['clientRegistration', 'clientRedirectAllowlist'], check: objectToRedirectList },
  { needs: ['workerUrls', 'workerAllowHttp'], check: objectToPlainWorkers },
  { needs: ['workerUrls', 'workerGateKey'], check: objectToMissingGateKey },
  { needs: REDIS_VALUES, check: objectToRedis },
  { needs: ['store', 'gatewayKeys', 'vaultKeys', 'workerGateKey'], check: objectToGeneratedKeys },
];

function publicUrlOf(values: Pick<Values, 'publicUrl' | 'httpPort'>): string {
  return values.publicUrl ?? new URL(`http://localhost:${values.httpPort}`).origin;
}

function defaultBaseline(values: ScopeValues): readonly string[] {
  if (values.githubOauthScopes.length === 0) return [];
  const required = requiredScopes(values).filter((scope) => values.githubOauthScopes.includes(scope));
  return [...new Set([...DEFAULT_BASELINE_SCOPES, ...required])];
}

/** The issuer is in every token: it must be known before the system chooses a port. */
function objectToUnknownIssuer({ publicUrl, httpPort }: Values): Objections {
  if (publicUrl !== undefined || httpPort !== 0) return [];
  return [{ key: 'publicUrl', problem: 'is required when MCP_HTTP_PORT is 0' }];
}

function objectToSharedPort({ httpPort, opsPort }: Values): Objections {
  if (httpPort !== opsPort || httpPort === 0) return [];
  return [{ key: 'opsPort', problem: 'must differ from MCP_HTTP_PORT' }];
}

function objectToSharedSidePorts(values: Values): Objections {
  const taken = [
    { variable: 'MCP_HTTP_PORT', host: values.httpHost, port: values.httpPort },
    { variable: 'OPS_PORT', host: values.opsHost, port: values.opsPort },
  ];
  const objections: Objection<Fields>[] = [];
  for (const side of sideAddresses(values)) {
    const other = taken.find((each) => collide(each, side));
    if (other !== undefined) {
      objections.push({ key: side.field, problem: `must differ from ${other.variable}` });
    }
    taken.push(side);
  }
  return objections;
}

/**
 * The browser-bound cookie of a login is set on our origin: it would never arrive at another one, unless the callback
 * listener is there to send the browser on.
 */
function objectToForeignCallback(values: Values): Objections {
  const redirect = values.githubOauthRedirectUri;
  if (redirect === undefined || redirect === publicUrlOf(values) + ROUTES.callback) return [];
  if (values.callbackServer && new URL(redirect).pathname === ROUTES.callback) return [];
  return [
    {
      key: 'githubOauthRedirectUri',
      problem: `must be ${publicUrlOf(values)}${ROUTES.callback}, or end in ${ROUTES.callback} with ENABLE_OAUTH_CALLBACK_SERVER=true`,
    },
  ];
}

function objectToBaseline(values: Values): Objections {
  const allowed = values.githubOauthScopes;
  const baseline = values.githubOauthBaselineScopes ?? defaultBaseline(values);
  const outside = baseline.filter((scope) => !allowed.includes(scope));
  if (outside.length === 0) return [];
  const problem =
    values.githubOauthBaselineScopes === undefined
      ? `is required when GITHUB_OAUTH_SCOPES does not contain its default, ${outside.join(' ')}`
      : `names scopes that GITHUB_OAUTH_SCOPES does not contain: ${outside.join(' ')}`;
  return [{ key: 'githubOauthBaselineScopes', problem }];
}

function objectToLifetimes(values: Values): Objections {
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

/** A list without the mode would be ignored, and the mode without a list would let nobody in. */
function objectToRedirectList({ clientRegistration, clientRedirectAllowlist }: Values): Objections {
  const isListed = clientRegistration === 'allowlist';
  if (isListed === (clientRedirectAllowlist !== undefined)) return [];
  const problem = isListed
    ? 'is required with CLIENT_REGISTRATION=allowlist'
    : 'has no effect without CLIENT_REGISTRATION=allowlist';
  return [{ key: 'clientRedirectAllowlist', problem }];
}

/** Calls carry access tokens: on a network they are not to travel in the clear unless the operator says so. */
function objectToPlainWorkers({ workerUrls, workerAllowHttp }: Values): Objections {
  const plain = workerUrls.filter(isPlainRemote);
  if (workerAllowHttp || plain.length === 0) return [];
  const remedy = 'Use https, or set WORKER_ALLOW_HTTP=true if the network to the workers is trusted.';
  return [
    { key: 'workerUrls', problem: `reaches other machines by plain http: ${plain.join(', ')}`, remedy },
  ];
}

/** A generated key stays on its host: a worker elsewhere could not know it. */
function objectToMissingGateKey({ workerUrls, workerGateKey }: Values): Objections {
  const remote = workerUrls.find((url) => !isOnLoopback(url));
  if (workerGateKey !== undefined || remote === undefined) return [];
  return [
    { key: 'workerGateKey', problem: `is required because the worker ${remote} is on another machine` },
  ];
}

/** Generated keys stay on one host; with Redis there may be others, which could read nothing written here. */
function objectToGeneratedKeys(values: Values): Objections {
  if (values.store === 'sqlite') return [];
  const keys = ['gatewayKeys', 'vaultKeys', 'workerGateKey'] as const;
  return keys
    .filter((key) => values[key] === undefined)
    .map((key) => ({ key, problem: 'is required with STORE=redis: every host needs the same' }));
}
