import { randomInt } from 'node:crypto';
import { loadGatewayConfig, sideAddresses } from '../../gateway/config/index.ts';
import type { GatewayConfig } from '../../gateway/config/index.ts';
import { ConfigurationError, describeWarning } from '../../shared/config/index.ts';
import type { ReadFile } from '../../shared/config/index.ts';
import { loadWorkerConfig } from '../../worker/config.ts';
import { LauncherFault } from './launcher-fault.ts';
import { valueOf } from './product-plan.ts';
import type { GatewayAddresses } from './product-plan.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const DEFAULT_WORKERS = 3;
/** Where ports that the system may choose are looked for: below those of outgoing connections. */
const ANY_PORT = { from: 20_000, to: 30_000 } as const;

/** What `npm start` runs, judged before anything is started. */
export interface StartPlan {
  /** Workers to start here; 0 when `WORKER_URLS` names running ones. */
  readonly workers: number;
  readonly config: GatewayConfig;
  readonly addresses: GatewayAddresses;
  /** One line each: variables that are set but not read as the person may expect. */
  readonly notices: readonly string[];
}

/**
 * Judges the environment with the loaders of the processes themselves, so that all faults are known at once.
 * @throws LauncherFault (exit code 2) with the missing values, or with one line a fault
 */
export function planStart(env: Variables, wanted: number | undefined, readFile: ReadFile): StartPlan {
  requireGitHubApp(env);
  const hasOwnWorkers = valueOf(env, 'WORKER_URLS') !== undefined;
  if (hasOwnWorkers && wanted !== undefined) {
    throw new LauncherFault('WORKER_URLS names running workers, so --workers starts none. Use one of them.', {
      exitCode: 2,
    });
  }
  const workers = hasOwnWorkers ? 0 : (wanted ?? DEFAULT_WORKERS);
  const { gateway, faults } = judge(env, workers, readFile);
  if (gateway === undefined || faults.length > 0) {
    throw new LauncherFault(['The configuration cannot be used:', ...faults].join('\n'), { exitCode: 2 });
  }
  return {
    workers,
    config: gateway,
    addresses: addressesOf(gateway, env),
    notices: [...gateway.warnings.map(describeWarning), ...ignoredVariables(env, workers)],
  };
}

function requireGitHubApp(env: Variables): void {
  const missing = [
    ...(valueOf(env, 'GITHUB_OAUTH_CLIENT_ID') === undefined ? ['GITHUB_OAUTH_CLIENT_ID'] : []),
    ...(valueOf(env, 'GITHUB_OAUTH_CLIENT_SECRET') === undefined &&
    valueOf(env, 'GITHUB_OAUTH_CLIENT_SECRET_FILE') === undefined
      ? ['GITHUB_OAUTH_CLIENT_SECRET (or GITHUB_OAUTH_CLIENT_SECRET_FILE)']
      : []),
  ];
  if (missing.length > 0) throw new LauncherFault(howToGetAnApp(missing, env), { exitCode: 2 });
}

/** What is missing and where to get it. */
function howToGetAnApp(missing: readonly string[], env: Variables): string {
  const github = (valueOf(env, 'GITHUB_HOST') ?? 'https://github.com').replace(/\/$/, '');
  const origin = valueOf(env, 'PUBLIC_URL') ?? `http://localhost:${valueOf(env, 'MCP_HTTP_PORT') ?? '3000'}`;
  return `
The gateway signs people in with a GitHub app of yours. Not set:
${missing.map((name) => `  ${name}`).join('\n')}

1. Create an OAuth app: ${github}/settings/applications/new
     Homepage URL                 ${origin}
     Authorization callback URL   ${origin}/auth/callback
2. On the page of the app, generate a client secret.
3. Start again with both values:
     export GITHUB_OAUTH_CLIENT_ID=...
     export GITHUB_OAUTH_CLIENT_SECRET=...
     npm start

To look around first, without an app: npm run demo
`;
}

function judge(env: Variables, workers: number, readFile: ReadFile) {
  const gatewayEnv = workers === 0 ? env : { ...env, WORKER_URLS: 'http://127.0.0.1:8080' };
  // Ports and address of each worker are the launcher's business.
  const workerEnv = { ...env, WORKER_HOST: '127.0.0.1', WORKER_PORT: '8080', OPS_PORT: '9465' };
  const faults = new Set<string>();
  const load = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      for (const line of error.message.split('\n')) faults.add(line);
      return undefined;
    }
  };
  const gateway = load(() => loadGatewayConfig(gatewayEnv, readFile));
  if (workers > 0) load(() => loadWorkerConfig(workerEnv, readFile));
  return { gateway, faults: [...faults] };
}

/** A port that was chosen for the outside (a load balancer, an app's callback) is not moved; others are. */
function addressesOf(config: GatewayConfig, env: Variables): GatewayAddresses {
  const isSet = (name: string) => valueOf(env, name) !== undefined;
  const httpPortFixedBy = ['MCP_HTTP_PORT', 'PUBLIC_URL', 'GITHUB_OAUTH_REDIRECT_URI'].find(isSet);
  const opsPortFixedBy = ['OPS_PORT'].find(isSet);
  return {
    httpHost: config.httpHost,
    opsHost: config.opsHost,
    httpPort: config.httpPort || anyPort(),
    opsPort: config.opsPort || anyPort(),
    side: sideAddresses(config).filter(({ port }) => port !== 0),
    ...(httpPortFixedBy !== undefined && config.httpPort !== 0 && { httpPortFixedBy }),
    ...(opsPortFixedBy !== undefined && config.opsPort !== 0 && { opsPortFixedBy }),
  };
}

function anyPort(): number {
  return randomInt(ANY_PORT.from, ANY_PORT.to);
}

function ignoredVariables(env: Variables, workers: number): string[] {
  if (workers === 0) return [];
  return ['WORKER_HOST', 'WORKER_PORT']
    .filter((name) => valueOf(env, name) !== undefined)
    .map((name) => `${name} is not used: workers started here listen on 127.0.0.1, on ports of their own.`);
}
