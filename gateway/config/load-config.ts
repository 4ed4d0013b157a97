import {
  ConfigurationError,
  githubOf,
  loadConfig,
  objectToGitHubAddresses,
  objectToRedis,
  redisPasswordReader,
  secretFilesOf,
  sharedFields,
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
import { callFields } from './calls.ts';
import { clientChecks, clientFields } from './clients.ts';
import { githubChecks, githubFields, redirectUriOf } from './github.ts';
import { listenerChecks, listenerFields, publicUrlOf } from './listeners.ts';
import { originChecks, originFields } from './origins.ts';
import { defaultBaseline, peopleChecks, peopleFields, requiredScopes, restrictionFields } from './people.ts';
import { tokenChecks, tokenFields } from './tokens.ts';
import { workerChecks, workerFields } from './workers.ts';

/** Every variable the gateway reads. */
export const gatewayConfigFields = {
  ...listenerFields,
  ...callFields,
  ...originFields,
  ...githubFields,
  ...peopleFields,
  ...tokenFields,
  ...clientFields,
  ...workerFields,
  ...sharedFields,
};

type Fields = typeof gatewayConfigFields;
type Values = ConfigOf<Fields>;

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
    githubOauthRedirectUri: redirectUriOf(values),
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

const crossChecks: readonly CrossCheck<Fields>[] = [
  ...listenerChecks,
  ...githubChecks,
  ...peopleChecks,
  { needs: ['githubHost', 'githubWebUrl', 'githubApiUrl'], check: objectToGitHubAddresses },
  ...tokenChecks,
  ...originChecks,
  ...clientChecks,
  ...workerChecks,
  { needs: REDIS_VALUES, check: objectToRedis },
  { needs: ['store', 'gatewayKeys', 'vaultKeys', 'workerGateKey'], check: objectToGeneratedKeys },
];

/** Generated keys stay on one host; with Redis there may be others, which could read nothing written here. */
function objectToGeneratedKeys(values: Values): readonly Objection<Fields>[] {
  if (values.store === 'sqlite') return [];
  const keys = ['gatewayKeys', 'vaultKeys', 'workerGateKey'] as const;
  return keys
    .filter((key) => values[key] === undefined)
    .map((key) => ({ key, problem: 'is required with STORE=redis: every host needs the same' }));
}
