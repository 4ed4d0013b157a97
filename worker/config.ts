import { z } from 'zod';
import {
  anyUrl,
  ConfigurationError,
  defaultedField,
  isLoopbackHost,
  isPlainRemote,
  listenHost,
  loadConfig,
  objectToGitHubAddresses,
  objectToRedis,
  redisPasswordReader,
  secretFilesOf,
  githubOf,
  optionalField,
  port,
  secureOrigin,
  sharedFields,
  trueOrFalse,
} from '../shared/config/index.ts';
import type {
  ConfigOf,
  ConfigWarning,
  CrossCheck,
  Environment,
  Objection,
  ReadFile,
  SecretFiles,
} from '../shared/config/index.ts';
import type { GitHubHost } from '../shared/github/index.ts';

/** Every variable the worker reads. */
export const workerConfigFields = {
  host: defaultedField({
    env: 'WORKER_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address on which the worker takes calls from gateways.',
    remedy: 'Set the address your gateways reach.',
  }),
  port: defaultedField({
    env: 'WORKER_PORT',
    schema: port,
    default: '8080',
    description: 'Port on which the worker takes calls; 0 lets the system choose.',
    remedy: 'Set a free port.',
  }),
  opsHost: defaultedField({
    env: 'OPS_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of the operations listener (metrics, probes).',
    remedy: 'Set the address your monitoring reaches.',
  }),
  opsPort: defaultedField({
    env: 'OPS_PORT',
    schema: port,
    default: '9465',
    description: 'Port of the operations listener; 0 lets the system choose.',
    remedy: 'Set a free port.',
  }),
  publicUrl: defaultedField({
    env: 'PUBLIC_URL',
    schema: secureOrigin,
    default: 'http://localhost:3000',
    description:
      'Origin of the gateway: the issuer that access tokens must name, and the base of their audience.',
    remedy: 'Set the same value as for the gateway.',
  }),
  jwksUrl: optionalField({
    env: 'JWKS_URL',
    schema: anyUrl,
    whenAbsent: '`<PUBLIC_URL>/jwks`',
    description: 'Where the worker fetches the keys that verify access tokens.',
    remedy: 'Set an https URL of the gateway.',
  }),
  jwksAllowHttp: defaultedField({
    env: 'JWKS_ALLOW_HTTP',
    schema: trueOrFalse,
    default: 'false',
    description:
      'Accepts a `JWKS_URL` of another machine by plain http, where the network itself is trusted.',
    remedy: 'Set true or false.',
  }),
  githubApiVersion: defaultedField({
    env: 'GITHUB_API_VERSION',
    schema: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2022-11-28'),
    default: '2022-11-28',
    description: 'Version of GitHub’s REST interface that calls name.',
    remedy: 'Set a version that your GitHub lists.',
  }),
  ...sharedFields,
};

type Fields = typeof workerConfigFields;
type Values = ConfigOf<Fields>;
type Objections = readonly Objection<Fields>[];

/** The worker's configuration: every value parsed and judged, with what follows from other values filled in. */
export interface WorkerConfig extends Omit<Values, 'jwksUrl' | 'redisPassword'> {
  readonly jwksUrl: string;
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
 * Loads the worker's configuration.
 * @throws {ConfigurationError} listing every fault at once
 */
export function loadWorkerConfig(env: Environment, readFile: ReadFile): WorkerConfig {
  const result = loadConfig(workerConfigFields, { env, readFile, crossChecks });
  if (!result.ok) throw new ConfigurationError(result.faults, result.warnings);
  const { redisPassword, ...values } = result.config;
  return {
    ...values,
    jwksUrl: values.jwksUrl ?? `${values.publicUrl}/jwks`,
    github: githubOf(values),
    readRedisPassword: redisPasswordReader(env, readFile),
    secretFiles: secretFilesOf(workerConfigFields, { env, readFile }),
    warnings: result.warnings,
  };
}

const crossChecks: readonly CrossCheck<Fields>[] = [
  { needs: ['port', 'opsPort'], check: objectToSharedPort },
  { needs: ['jwksUrl', 'jwksAllowHttp'], check: objectToPlainJwks },
  { needs: ['githubHost', 'githubWebUrl', 'githubApiUrl'], check: objectToGitHubAddresses },
  { needs: ['host', 'workerGateKey'], check: objectToMissingGateKey },
  {
    needs: ['store', 'redisNodes', 'redisSentinelMaster', 'redisCluster', 'redisTls', 'redisAllowPlain'],
    check: objectToRedis,
  },
  { needs: ['store', 'vaultKeys', 'workerGateKey'], check: objectToGeneratedKeys },
];

function objectToSharedPort({ port: callPort, opsPort }: Values): Objections {
  if (callPort !== opsPort || callPort === 0) return [];
  return [{ key: 'opsPort', problem: 'must differ from WORKER_PORT' }];
}

/** Who can answer in place of the gateway's key set can sign anybody's access token. */
function objectToPlainJwks({ jwksUrl, jwksAllowHttp }: Values): Objections {
  if (jwksUrl === undefined || jwksAllowHttp || !isPlainRemote(jwksUrl)) return [];
  const remedy = 'Use https, or set JWKS_ALLOW_HTTP=true if the network to the gateway is trusted.';
  return [{ key: 'jwksUrl', problem: 'reaches another machine by plain http', remedy }];
}

/** Off loopback a client token alone must open no worker, and a generated key stays on its host. */
function objectToMissingGateKey({ host, workerGateKey }: Values): Objections {
  if (workerGateKey !== undefined || isLoopbackHost(host)) return [];
  return [{ key: 'workerGateKey', problem: 'is required because WORKER_HOST is not loopback' }];
}

/** Generated keys stay on one host; with Redis the gateway may be on another. */
function objectToGeneratedKeys(values: Values): Objections {
  if (values.store === 'sqlite') return [];
  const keys = ['vaultKeys', 'workerGateKey'] as const;
  return keys
    .filter((key) => values[key] === undefined)
    .map((key) => ({ key, problem: 'is required with STORE=redis: the same as the gateway’s' }));
}
