import { z } from 'zod';
import { githubHostFromBases, parseGitHubHost } from '../github/index.ts';
import type { GitHubHost } from '../github/index.ts';
import { parseGateKeys } from '../gateway-context/index.ts';
import { parseKeyRing } from '../vault/index.ts';
import { defaultedField, optionalField } from './field.ts';
import { redisFields } from './redis-fields.ts';
import { proxyUrl, secureUrl } from './urls.ts';
import { certificates, integerBetween, oneOf, textAcceptedBy } from './values.ts';

/** The variables that mean the same in the gateway and in the worker. */
export const sharedFields = {
  githubHost: defaultedField({
    env: 'GITHUB_HOST',
    schema: textAcceptedBy(parseGitHubHost),
    default: 'https://github.com',
    description:
      'Origin of the GitHub people sign in to: github.com, a GHE.com tenant or a GitHub Enterprise Server.',
    remedy: 'Set the web address of that GitHub, for example https://github.example.com.',
  }),
  githubWebUrl: optionalField({
    env: 'GITHUB_WEB_URL',
    schema: secureUrl,
    whenAbsent: 'derived from `GITHUB_HOST`',
    description: 'Base URL of the pages of a GitHub simulator on loopback, in place of `GITHUB_HOST`.',
    remedy: 'Set it together with GITHUB_API_URL, both on loopback, or remove both.',
  }),
  githubApiUrl: optionalField({
    env: 'GITHUB_API_URL',
    schema: secureUrl,
    whenAbsent: 'derived from `GITHUB_HOST`',
    description: 'Base URL of the REST interface of a GitHub simulator on loopback.',
    remedy: 'Set it together with GITHUB_WEB_URL, both on loopback, or remove both.',
  }),
  store: defaultedField({
    env: 'STORE',
    schema: oneOf(['sqlite', 'redis']),
    default: 'sqlite',
    description:
      'Where grants, tokens and credentials are kept: `sqlite` serves several processes of one host, `redis` any number of hosts.',
    remedy: 'Set sqlite or redis.',
  }),
  ...redisFields,
  stateDir: defaultedField({
    env: 'STATE_DIR',
    schema: z.string().refine((text) => !text.includes('\0'), 'must be a path'),
    default: '.state',
    description:
      'Folder of the database and of the keys that are generated on the first start; every process of a host names the same one.',
    remedy: 'Set a folder that this process may write to.',
  }),
  vaultKeys: optionalField({
    env: 'VAULT_KEYS',
    schema: textAcceptedBy(parseKeyRing),
    whenAbsent: 'generated in `STATE_DIR`',
    secret: true,
    description:
      'Keys that encrypt GitHub access tokens, as `id:base64url of 32 bytes` separated by commas or line breaks; the first is current, the others only read.',
    remedy: 'Make a key with: openssl rand -base64 32 | tr +/ -_ | tr -d =',
  }),
  workerGateKey: optionalField({
    env: 'WORKER_GATE_KEY',
    schema: textAcceptedBy(parseGateKeys),
    whenAbsent: 'generated in `STATE_DIR`; required as soon as a worker is not on loopback',
    secret: true,
    description:
      'Key with which the gateway tells a worker that it admitted a call; the same in both processes. Several are separated by commas or line breaks; the first signs, all are accepted.',
    remedy: 'Make a key with: openssl rand -base64 32 | tr +/ -_ | tr -d =',
  }),
  logLevel: defaultedField({
    env: 'LOG_LEVEL',
    schema: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
    default: 'info',
    description: 'Least severe log line that is written.',
    remedy: 'Set one of fatal, error, warn, info, debug, trace.',
  }),
  shutdownGraceSeconds: defaultedField({
    env: 'SHUTDOWN_GRACE',
    schema: integerBetween({ min: 0, max: 600 }),
    default: '20',
    unit: 'seconds',
    description: 'How long open calls may take to finish after SIGTERM or SIGINT.',
    remedy: 'Stay below the time after which your supervisor kills the process.',
  }),
  httpsProxy: optionalField({
    env: 'HTTPS_PROXY',
    schema: proxyUrl,
    whenAbsent: 'direct connections',
    secret: true,
    description: 'Proxy for outgoing https connections; the URL may carry its credentials.',
    remedy: 'Set a URL such as http://proxy.example.com:3128.',
  }),
  noProxy: optionalField({
    env: 'NO_PROXY',
    schema: z.string(),
    whenAbsent: 'nothing bypasses the proxy',
    description: 'Hosts, domains and networks reached without the proxy, separated by commas.',
    remedy: 'List names such as .example.com or 10.0.0.0/8.',
  }),
  extraCa: optionalField({
    env: 'EXTRA_CA_FILE',
    schema: certificates,
    whenAbsent: 'the certificate authorities Node knows',
    readsFile: true,
    description: 'File of PEM certificates of authorities to trust besides the usual ones.',
    remedy: 'Name a readable file of PEM certificates.',
  }),
} as const;

interface GitHubAddresses {
  readonly githubHost: string;
  readonly githubWebUrl: string | undefined;
  readonly githubApiUrl: string | undefined;
}

/** The GitHub that the three variables describe. @throws GitHubHostError */
export function githubOf({ githubHost, githubWebUrl, githubApiUrl }: GitHubAddresses): GitHubHost {
  if (githubWebUrl === undefined || githubApiUrl === undefined) return parseGitHubHost(githubHost);
  return githubHostFromBases({ webBase: githubWebUrl, apiBase: githubApiUrl });
}

/** Cross check of the three: half an override, or one that could send GitHub tokens to another machine. */
export function objectToGitHubAddresses(
  addresses: GitHubAddresses,
): { key: 'githubWebUrl' | 'githubApiUrl'; problem: string }[] {
  const { githubWebUrl, githubApiUrl } = addresses;
  if (githubWebUrl === undefined && githubApiUrl === undefined) return [];
  if (githubWebUrl === undefined) {
    return [{ key: 'githubWebUrl', problem: 'is required when GITHUB_API_URL is set' }];
  }
  if (githubApiUrl === undefined) {
    return [{ key: 'githubApiUrl', problem: 'is required when GITHUB_WEB_URL is set' }];
  }
  try {
    githubOf(addresses);
    return [];
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'cannot be used';
    return [{ key: 'githubWebUrl', problem: `and GITHUB_API_URL cannot be used: ${problem}` }];
  }
}
