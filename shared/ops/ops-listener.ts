import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EdgeRefusal } from '../listener/index.ts';
import { isLoopbackHost, listenOn } from '../listener/index.ts';
import type { Logger } from '../logger.ts';
import { runHealthChecks } from './health-checks.ts';
import type { CheckOutcomes, HealthChecks } from './health-checks.ts';
import type { Metrics } from './metrics.ts';

const CHECK_TIMEOUT_MS = 2_000;
const CLOSE_GRACE_MS = 1_000;
const KEEP_ALIVE_MS = 5_000;
/** Probes have a place of their own, whatever the public listener is put through. */
const MAX_CONNECTIONS = 256;

export interface OpsListenerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly checks: HealthChecks;
  /** Whether a failed check is a fault that every replica has at once. Such a fault degrades and takes nobody out of service. */
  readonly isSharedFault?: (name: string, outcomes: CheckOutcomes) => boolean;
  /** Told of every run of the checks. */
  readonly onChecked?: (outcomes: CheckOutcomes) => void;
  readonly metrics: Pick<Metrics, 'contentType' | 'render'>;
  /** True from the moment the process wants no new work. */
  readonly draining: () => boolean;
  readonly logger: Logger;
  /** Milliseconds a check may take. Default 2000. */
  readonly checkTimeoutMs?: number;
  readonly onRefused?: (refusal: EdgeRefusal) => void;
}

export interface OpsListener {
  readonly port: number;
  /** Stops listening, lets open answers finish for a second and then cuts them. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Route = () => Promise<Answer>;

/**
 * Opens the operations listener: `/livez`, `/readyz`, `/health`, `/metrics`. It has no authentication and belongs on
 * loopback or a pod address, never on the public one.
 *
 * @throws the system's error when the address cannot be bound
 */
export async function startOpsListener(options: OpsListenerOptions): Promise<OpsListener> {
  const routes = createRoutes(options);
  const listening = await listenOn(
    (request, response) => {
      answer(request, routes)
        .catch((err: unknown): Answer => {
          options.logger.error({ err }, 'the operations listener failed');
          return text(500, 'internal error\n');
        })
        .then((result) => {
          send(request, response, result);
        })
        .catch((err: unknown) => {
          options.logger.error({ err }, 'the operations listener could not answer');
          response.destroy();
        });
    },
    {
      host: options.host,
      port: options.port,
      keepAliveMs: KEEP_ALIVE_MS,
      form: { authorities: [], loopbackNamesOnly: isLoopbackHost(options.host) },
      connections: { max: MAX_CONNECTIONS, maxPerAddress: MAX_CONNECTIONS, groupOf: () => undefined },
      ...(options.onRefused && { onRefused: options.onRefused }),
    },
  );
  return { port: listening.port, close: async () => await listening.close(CLOSE_GRACE_MS) };
}

function createRoutes(options: OpsListenerOptions): ReadonlyMap<string, Route> {
  const { checks, metrics, draining, isSharedFault, checkTimeoutMs = CHECK_TIMEOUT_MS } = options;
  let running: Promise<CheckOutcomes> | undefined;
  // Probes that overlap share one run: asking often must not load what is checked.
  const outcomes = (): Promise<CheckOutcomes> => {
    running ??= runHealthChecks(checks, checkTimeoutMs).finally(() => {
      running = undefined;
    });
    void running.then(options.onChecked);
    return running;
  };

  return new Map<string, Route>([
    ['/livez', () => Promise.resolve(text(200, 'ok\n'))],
    ['/readyz', async () => readiness(draining(), judge(await outcomes(), isSharedFault))],
    ['/health', async () => health(draining(), judge(await outcomes(), isSharedFault))],
    [
      '/metrics',
      async () => {
        await outcomes();
        return { status: 200, contentType: metrics.contentType, body: await metrics.render() };
      },
    ],
  ]);
}

async function answer(request: IncomingMessage, routes: ReadonlyMap<string, Route>): Promise<Answer> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  const route = routes.get(path);
  if (route === undefined) return text(404, 'not found\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'method not allowed\n');
  return await route();
}

interface Judged {
  readonly outcomes: CheckOutcomes;
  readonly failing: readonly string[];
  /** Those of the failing that another replica may not have. */
  readonly own: readonly string[];
}

function judge(outcomes: CheckOutcomes, isSharedFault: OpsListenerOptions['isSharedFault']): Judged {
  const failing = Object.keys(outcomes).filter((name) => outcomes[name]?.ok !== true);
  return { outcomes, failing, own: failing.filter((name) => isSharedFault?.(name, outcomes) !== true) };
}

/** Fails only for what another replica may not have: else all of them leave the load balancer together. */
function readiness(isDraining: boolean, { own }: Judged): Answer {
  const ready = !isDraining && own.length === 0;
  return json(ready ? 200 : 503, { ready, draining: isDraining, failing: own });
}

function health(isDraining: boolean, { outcomes, failing, own }: Judged): Answer {
  const status = failing.length === 0 ? 'ok' : own.length === 0 ? 'degraded' : 'failing';
  return json(own.length === 0 ? 200 : 503, { status, draining: isDraining, checks: outcomes });
}

function text(status: number, body: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body }: Answer,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
