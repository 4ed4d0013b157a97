import { DEMO_OAUTH_APP, OCTOCAT } from '../../test/github-simulator/index.ts';
import { gatewayConfigFields } from '../../gateway/config/index.ts';
import { workerConfigFields } from '../../worker/config.ts';
import { LOOPBACK, planProduct } from '../launcher/index.ts';
import type { ChildPlan, PortRequest, ProductPlan, StateFolder } from '../launcher/index.ts';

export const DEMO_WORKERS = 3;
export const DEMO_LOGIN = OCTOCAT.login;

/** Seconds a stream may hold up the end of a demo. */
const SHUTDOWN_GRACE = '3';
const SIMULATOR_STOP_LIMIT_MS = 3_000;

export const SIMULATOR_PORTS: readonly PortRequest[] = [
  { name: 'github-web', preferred: 3002, hosts: LOOPBACK },
  { name: 'github-api', preferred: 3003, hosts: LOOPBACK },
  { name: 'github-control', preferred: 3004, hosts: LOOPBACK },
];

export interface DemoPlan {
  readonly product: ProductPlan;
  readonly simulator: ChildPlan;
  /** The simulated GitHub, for browsers. */
  readonly githubUrl: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The processes of the demo: the product as it is, with the simulator in place of GitHub. */
export function planDemo(folder: StateFolder, ports: ReadonlyMap<string, number>, host: Variables): DemoPlan {
  const port = (name: string) => String(ports.get(name));
  const githubUrl = `http://127.0.0.1:${port('github-web')}`;
  const env = {
    ...withoutProductVariables(host),
    GITHUB_WEB_URL: githubUrl,
    GITHUB_API_URL: `http://127.0.0.1:${port('github-api')}`,
    GITHUB_OAUTH_CLIENT_ID: DEMO_OAUTH_APP.clientId,
    GITHUB_OAUTH_CLIENT_SECRET: DEMO_OAUTH_APP.clientSecret,
    SHUTDOWN_GRACE,
  };
  const { logFile } = folder;
  return {
    githubUrl,
    product: planProduct({ env, ports, workers: DEMO_WORKERS, stateDir: folder.path, logFile }),
    simulator: {
      name: 'github',
      script: 'test/github-simulator/main.ts',
      args: ['web', 'api', 'control'].map((area) => `--${area}-port=${port(`github-${area}`)}`),
      env: withoutProductVariables(host),
      // It opens its control listener last.
      readyWhen: [{ url: `http://127.0.0.1:${port('github-control')}/`, status: 404 }],
      stopLimitMs: SIMULATOR_STOP_LIMIT_MS,
      logFile: logFile('github'),
    },
  };
}

/** Zero values: what a developer's shell has set for a real gateway must not change the demo. */
export function withoutProductVariables(env: Variables): Variables {
  const fields = [...Object.values(gatewayConfigFields), ...Object.values(workerConfigFields)];
  const names = new Set(fields.flatMap((field) => [field.env, `${field.env}_FILE`]));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}
