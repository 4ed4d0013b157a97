import type { RequestListener } from 'node:http';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { ConfigWarning } from '../config/index.ts';
import { ConfigurationError, describeWarning } from '../config/index.ts';
import type { EdgeRefusal, Listening, ListenOptions } from '../listener/index.ts';
import { createRefusalLog, listenOn } from '../listener/index.ts';
import type { Logger, LogLevel } from '../logger.ts';
import { createLogger } from '../logger.ts';
import type { CheckOutcomes, EventBus, MetricLabels, OpsListenerOptions } from '../ops/index.ts';
import { createEventBus, createMetrics, startOpsListener } from '../ops/index.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** Exit code of a process whose configuration was refused; others that fail to start exit with 1. */
const CONFIGURATION_REFUSED = 2;
/** A process that does not hear of revocations wants no work (s). */
const MAX_FEED_AGE_SECONDS = 10;

/** What every process of the product has in its configuration. */
interface ServiceConfig {
  readonly logLevel: LogLevel;
  readonly opsHost: string;
  readonly opsPort: number;
  readonly shutdownGraceSeconds: number;
  readonly warnings: readonly ConfigWarning[];
}

export interface SideListener extends Pick<ListenOptions, 'form'> {
  readonly name: string;
  readonly app: RequestListener;
  readonly host: string;
  readonly port: number;
  /** The environment variable that sets the port, named when it cannot be opened. */
  readonly portVariable: string;
}

export type EdgeOptions = Pick<ListenOptions, 'form' | 'connections' | 'keepAliveMs'>;

/** A composed process: its request listener and what it must close. */
export interface Service {
  readonly app: RequestListener;
  /** How the main listener treats connections and the form of requests. */
  readonly edge: EdgeOptions;
  /** Listeners that open after the main one, each on an address of its own. */
  readonly sideListeners: readonly SideListener[];
  /** Rejects when the store does not answer. */
  readonly checkStore: () => Promise<void>;
  /** Seconds since the revocation feed last proved to be alive; readiness depends on it as well. */
  readonly feedAgeSeconds: () => number;
  /** How often a key of a ring that is not its current one was needed, by the environment name of the ring. */
  readonly olderKeyUses: () => Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export interface ServiceDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
}

interface ServiceDescription<C extends ServiceConfig> {
  readonly name: string;
  readonly load: () => C;
  readonly address: (config: C) => Pick<SideListener, 'host' | 'port' | 'portVariable'>;
  readonly compose: (config: C, deps: ServiceDeps) => Promise<Service>;
  readonly metricLabels: Omit<MetricLabels, 'checks' | 'feedAgeSeconds' | 'olderKeyUses'>;
}

/** Runs one process from configuration to exit. Faults before it listens are printed for a person, without a stack. */
export async function runService<C extends ServiceConfig>(description: ServiceDescription<C>): Promise<void> {
  try {
    await start(description, description.load());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof ConfigurationError ? CONFIGURATION_REFUSED : 1);
  }
}

async function start<C extends ServiceConfig>(description: ServiceDescription<C>, config: C): Promise<void> {
  const logger = createLogger({ level: config.logLevel, name: description.name });
  for (const warning of config.warnings) logger.warn(describeWarning(warning));
  const events = createEventBus({ logger });
  const state: State = { isDraining: false };
  const side: Listening[] = [];
  const tellRefused = createRefusalTeller({ logger, events });
  const metrics = createMetrics(events, {
    ...description.metricLabels,
    feedAgeSeconds: () => state.service?.feedAgeSeconds(),
    olderKeyUses: () => state.service?.olderKeyUses(),
    checks: () => state.outcomes,
  });
  const opsListener = openOps(config, state, { metrics, logger, onRefused: tellRefused('operations') });
  const ops = await named({ name: 'operations', portVariable: 'OPS_PORT' }, opsListener);
  const drain = () => {
    state.isDraining = true;
  };
  const close = async () => {
    await Promise.all(side.map(async (listening) => await listening.close(0)));
    await state.listening?.close(config.shutdownGraceSeconds * 1000);
    await state.service?.close();
    await ops.close();
  };
  stopOnSignal({ drain, close, graceMs: config.shutdownGraceSeconds * 1000 }, logger);
  // Probes are answered from here on, also while the store is waited for.
  state.service = await description.compose(config, { clock: systemClock, logger, events });
  const address = description.address(config);
  const onConnections = (delta: number) => {
    events.emit({ type: 'connections.changed', delta });
  };
  const listening = listenOn(state.service.app, {
    ...address,
    ...state.service.edge,
    onConnections,
    onRefused: tellRefused('main'),
  });
  state.listening = await named({ ...address, name: 'main' }, listening);
  const sidePorts: Record<string, number> = {};
  for (const listener of state.service.sideListeners) {
    const opened = await named(
      listener,
      listenOn(listener.app, { ...listener, onRefused: tellRefused(listener.name) }),
    );
    side.push(opened);
    sidePorts[`${listener.name}Port`] = opened.port;
  }
  logger.info({ port: state.listening.port, opsPort: ops.port, ...sidePorts }, 'ready');
}

/** What listeners refuse is logged and counted by the name of the listener. */
function createRefusalTeller({ logger, events }: { logger: Logger; events: EventBus }) {
  const log = createRefusalLog({ logger, clock: systemClock });
  return (listener: string) => (refusal: EdgeRefusal) => {
    log(listener, refusal);
    events.emit({ type: 'edge.refused', listener, ...refusal });
  };
}

/** The system's error names an address only; a person looks for the variable. */
async function named<T>(
  { name, portVariable }: Pick<SideListener, 'name' | 'portVariable'>,
  opening: Promise<T>,
): Promise<T> {
  return await opening.catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${portVariable}: the ${name} listener cannot be opened: ${why}`, { cause });
  });
}

async function openOps(
  config: ServiceConfig,
  state: State,
  { metrics, logger, onRefused }: Pick<OpsListenerOptions, 'metrics' | 'logger' | 'onRefused'>,
) {
  return await startOpsListener({
    host: config.opsHost,
    port: config.opsPort,
    checks: {
      started: () => Promise.resolve({ ok: state.listening !== undefined }),
      store: storeCheck(state),
      revocation_feed: feedCheck(state),
    },
    isSharedFault: sharedFaults(state),
    onChecked: (outcomes) => {
      state.outcomes = outcomes;
    },
    metrics,
    draining: () => state.isDraining,
    logger,
    ...(onRefused && { onRefused }),
  });
}

interface State {
  isDraining: boolean;
  service?: Service;
  listening?: Listening;
  outcomes?: CheckOutcomes;
}

function storeCheck(state: State) {
  return async () => {
    if (state.service === undefined) return { ok: false, detail: 'not reached yet' };
    await state.service.checkStore();
    return { ok: true };
  };
}

/**
 * A store that is away is away for every replica; so is then the feed, and for as long afterwards as it takes to be heard
 * again. A feed that is silent while the store answers is a connection of our own.
 */
function sharedFaults(state: State) {
  let storeAwayAt = -Infinity;
  return (name: string, outcomes: CheckOutcomes): boolean => {
    if (state.service === undefined) return false;
    const now = systemClock.now();
    if (outcomes['store']?.ok !== true) storeAwayAt = now;
    const isStoreBack = now - storeAwayAt > MAX_FEED_AGE_SECONDS * 1000;
    return name === 'store' || (name === 'revocation_feed' && !isStoreBack);
  };
}

function feedCheck(state: State) {
  return () => {
    const age = state.service?.feedAgeSeconds() ?? 0;
    if (age <= MAX_FEED_AGE_SECONDS) return Promise.resolve({ ok: true });
    return Promise.resolve({ ok: false, detail: `silent for ${age.toFixed(0)} s` });
  };
}
