import type { SideAddress } from '../../gateway/config/index.ts';
import type { ChildPlan } from './child.ts';
import type { PortRequest } from './choose-ports.ts';
import { LOOPBACK } from './is-port-free.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The gateway and the workers of one launcher. */
export interface ProductPlan {
  readonly gateway: ChildPlan;
  readonly workers: readonly ChildPlan[];
  readonly publicUrl: string;
  /** Base URL of the gateway's operations listener. */
  readonly opsUrl: string;
}

export interface ProductOptions {
  /** What every child gets; what follows from the ports is set over it. */
  readonly env: Variables;
  readonly ports: ReadonlyMap<string, number>;
  /** Workers to start here; 0 leaves `WORKER_URLS` as it is in `env`. */
  readonly workers: number;
  readonly stateDir: string;
  readonly logFile: (name: string) => string;
}

/** What the launcher must know of the gateway's configuration. */
export interface GatewayAddresses {
  readonly httpHost: string;
  readonly httpPort: number;
  readonly opsHost: string;
  readonly opsPort: number;
  /** The variables that fix the two ports, where one does. */
  readonly httpPortFixedBy?: string;
  readonly opsPortFixedBy?: string;
  /** Further listeners of the gateway. Their ports are known outside, so none of them is moved. */
  readonly side: readonly SideAddress[];
}

export const DEFAULT_ADDRESSES: GatewayAddresses = {
  httpHost: 'localhost',
  httpPort: 3000,
  opsHost: '127.0.0.1',
  opsPort: 9464,
  side: [],
};

const WORKER_HOST = '127.0.0.1';
const FIRST_WORKER_PORT = 8080;
/** Above the defaults of the gateway: 9464 for operations, 9466 for the admin API. */
const FIRST_WORKER_OPS_PORT = 9470;

const DEFAULT_GRACE_SECONDS = 20;
/** Beyond `SHUTDOWN_GRACE`: dropping readiness, closing store and listeners (ms). */
const STOP_MARGIN_MS = 5_000;

function workerName(index: number): string {
  return `worker-${index + 1}`;
}

export function productPortRequests(addresses: GatewayAddresses, workers: number): PortRequest[] {
  const { httpPortFixedBy, opsPortFixedBy } = addresses;
  const requests: PortRequest[] = [
    {
      name: 'gateway',
      preferred: addresses.httpPort,
      hosts: listenHosts(addresses.httpHost),
      ...(httpPortFixedBy === undefined ? {} : { fixedBy: httpPortFixedBy }),
    },
    {
      name: 'gateway-ops',
      preferred: addresses.opsPort,
      hosts: listenHosts(addresses.opsHost),
      ...(opsPortFixedBy === undefined ? {} : { fixedBy: opsPortFixedBy }),
    },
    ...addresses.side.map(({ name, host, port, variable }) => ({
      name: `gateway-${name}`,
      preferred: port,
      hosts: listenHosts(host),
      fixedBy: variable,
    })),
  ];
  for (let index = 0; index < workers; index += 1) {
    const name = workerName(index);
    requests.push({ name, preferred: FIRST_WORKER_PORT + index, hosts: [WORKER_HOST] });
    requests.push({
      name: `${name}-ops`,
      preferred: FIRST_WORKER_OPS_PORT + index,
      hosts: listenHosts(addresses.opsHost),
    });
  }
  return requests;
}

/** @throws TypeError when a port of `productPortRequests` is missing */
export function planProduct(options: ProductOptions): ProductPlan {
  const { env, ports } = options;
  const publicUrl = valueOf(env, 'PUBLIC_URL') ?? `http://localhost:${requirePort(ports, 'gateway')}`;
  const common: Common = {
    env: { ...env, PUBLIC_URL: publicUrl, STATE_DIR: options.stateDir },
    port: (name) => requirePort(ports, name),
    opsUrl: (name) => baseUrl(valueOf(env, 'OPS_HOST') ?? '127.0.0.1', requirePort(ports, `${name}-ops`)),
    gatewayBase: baseUrl(valueOf(env, 'MCP_HTTP_HOST') ?? 'localhost', requirePort(ports, 'gateway')),
    stopLimitMs: stopLimit(valueOf(env, 'SHUTDOWN_GRACE')),
    logFile: options.logFile,
  };
  const names = Array.from({ length: options.workers }, (_, index) => workerName(index));
  return {
    gateway: planGateway(common, names),
    workers: names.map((name) => planWorker(common, name)),
    publicUrl,
    opsUrl: common.opsUrl('gateway'),
  };
}

interface Common {
  readonly env: Variables;
  readonly port: (name: string) => number;
  readonly opsUrl: (name: string) => string;
  /** Where this machine reaches the gateway, whatever its public URL. */
  readonly gatewayBase: string;
  readonly stopLimitMs: number;
  readonly logFile: (name: string) => string;
}

function planGateway(common: Common, workers: readonly string[]): ChildPlan {
  const { env, port, opsUrl, gatewayBase, stopLimitMs } = common;
  const workerUrls = workers.map((name) => `http://${WORKER_HOST}:${port(name)}`).join(',');
  return {
    name: 'gateway',
    script: 'gateway/main.ts',
    env: {
      ...env,
      MCP_HTTP_PORT: String(port('gateway')),
      OPS_PORT: String(port('gateway-ops')),
      ...(workers.length > 0 && { WORKER_URLS: workerUrls }),
    },
    // Readiness alone comes too early: the operations listener opens before the public one.
    readyWhen: [
      { url: `${opsUrl('gateway')}/readyz`, status: 200 },
      { url: `${gatewayBase}/health`, status: 200 },
    ],
    stopLimitMs,
    logFile: common.logFile('gateway'),
  };
}

function planWorker(common: Common, name: string): ChildPlan {
  const { env, port, opsUrl, gatewayBase, stopLimitMs } = common;
  return {
    name,
    script: 'worker/main.ts',
    env: {
      ...env,
      WORKER_HOST,
      WORKER_PORT: String(port(name)),
      OPS_PORT: String(port(`${name}-ops`)),
      // The keys come straight from the gateway beside it, not around through a load balancer.
      JWKS_URL: valueOf(env, 'JWKS_URL') ?? `${gatewayBase}/jwks`,
    },
    readyWhen: [
      { url: `${opsUrl(name)}/readyz`, status: 200 },
      { url: `http://${WORKER_HOST}:${port(name)}/`, status: 404 },
    ],
    stopLimitMs,
    logFile: common.logFile(name),
  };
}

/** The value of a variable; an empty one counts as unset, as it does for the processes. */
export function valueOf(env: Variables, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

function requirePort(ports: ReadonlyMap<string, number>, name: string): number {
  const port = ports.get(name);
  if (port === undefined) throw new TypeError(`no port was chosen for ${name}`);
  return port;
}

function listenHosts(host: string): readonly string[] {
  return host === 'localhost' ? LOOPBACK : [host];
}

/** Where this machine reaches a listener; one on every address is reached on loopback. */
function baseUrl(host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

function stopLimit(grace: string | undefined): number {
  const seconds = Number(grace ?? DEFAULT_GRACE_SECONDS);
  return (Number.isFinite(seconds) ? seconds : DEFAULT_GRACE_SECONDS) * 1000 + STOP_MARGIN_MS;
}
