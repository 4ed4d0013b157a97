import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EDGE_REASONS } from '../listener/index.ts';
import type { CheckOutcomes } from './health-checks.ts';
import type { EventBus } from './events.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const LISTENERS = ['main', 'admin', 'metadata', 'callback', 'operations'];
const CALL_LIMITS = ['account_calls', 'account_streams', 'bodies'];
const OTHER = 'other';

/** The values that labels may take; everything else is counted as `other`, so that no caller can grow the series. */
export interface MetricLabels {
  /** Patterns of the routes that the process serves. */
  readonly routes: readonly string[];
  readonly githubEndpoints: readonly string[];
  readonly grantEndReasons: readonly string[];
  /** Members of client metadata that are known and dropped. */
  readonly clientMetadata?: readonly string[];
  /** Seconds since the revocation feed last proved to be alive; absent where none is followed. */
  readonly feedAgeSeconds?: () => number | undefined;
  /** What the last run of the health checks found. */
  readonly checks?: () => CheckOutcomes | undefined;
  /** How often a key of a ring that is not its current one was needed, by the environment name of the ring. */
  readonly olderKeyUses?: () => Readonly<Record<string, number>> | undefined;
}

export interface Metrics {
  readonly contentType: string;
  /** The Prometheus text exposition of all metrics. */
  render(): Promise<string>;
  /** Stops listening to the bus. */
  close(): void;
}

/** Creates the metrics of a process and keeps them by listening to its event bus. */
export function createMetrics(bus: EventBus, labels: MetricLabels): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const stops = [
    ...countHttp(bus, registry, labels),
    ...countOauth(bus, registry, labels),
    ...countWebhooks(bus, registry),
    countGithub(bus, registry, labels),
    gaugeConnections(bus, registry),
    countLimitedCalls(bus, registry),
    watchSecretFiles(bus, registry),
  ];
  new Gauge({
    name: 'octocode_mcp_revocation_feed_age_seconds',
    help: 'Seconds since the revocation feed last proved to be alive',
    registers: [registry],
    collect() {
      this.set(labels.feedAgeSeconds?.() ?? 0);
    },
  });
  showChecks(registry, labels);
  countOlderKeys(registry, labels);
  new Gauge({
    name: 'octocode_mcp_event_listener_errors',
    help: 'Number of times an internal event listener failed since the start',
    registers: [registry],
    collect() {
      this.set(bus.listenerErrors());
    },
  });
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close: () => {
      for (const stop of stops) stop();
    },
  };
}

type Stop = () => void;

function countHttp(bus: EventBus, registry: Registry, { routes }: MetricLabels): Stop[] {
  const requests = new Counter({
    name: 'octocode_mcp_http_requests_total',
    help: 'Total number of HTTP requests',
    labelNames: ['method', 'route', 'status_code'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'octocode_mcp_http_request_duration_seconds',
    help: 'Duration of HTTP requests in seconds',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const knownRoute = closedSet(routes);
  const knownMethod = closedSet(METHODS);
  const refusals = new Counter({
    name: 'octocode_mcp_edge_refusals_total',
    help: 'Total number of requests and connections refused before any application saw them, by listener and reason',
    labelNames: ['listener', 'reason'],
    registers: [registry],
  });
  const knownListener = closedSet(LISTENERS);
  const knownReason = closedSet(EDGE_REASONS);
  return [
    bus.on('http.request.finished', (event) => {
      const method = knownMethod(event.method);
      const route = knownRoute(event.route);
      requests.inc({ method, route, status_code: statusLabel(event.status) });
      duration.observe({ method, route }, event.durationSeconds);
    }),
    bus.on('edge.refused', ({ listener, reason, method, status }) => {
      refusals.inc({ listener: knownListener(listener), reason: knownReason(reason) });
      const isAnswered = listener === 'main' && status !== 0;
      const status_code = statusLabel(status);
      if (isAnswered) requests.inc({ method: knownMethod(method), route: OTHER, status_code });
    }),
  ];
}

function countOauth(bus: EventBus, registry: Registry, labels: MetricLabels): Stop[] {
  const { grantEndReasons, clientMetadata = [] } = labels;
  const registers = [registry];
  const issued = new Counter({
    name: 'octocode_mcp_oauth_tokens_issued_total',
    help: 'Total number of OAuth tokens issued',
    registers,
  });
  const validations = new Counter({
    name: 'octocode_mcp_oauth_token_validations_total',
    help: 'Total number of OAuth token validations',
    labelNames: ['result'],
    registers,
  });
  const late = new Counter({
    name: 'octocode_mcp_refresh_late_answers_total',
    help: 'Total number of refreshes answered once more because the first answer was lost',
    registers,
  });
  const dropped = new Counter({
    name: 'octocode_mcp_client_metadata_dropped_total',
    help: 'Total number of members of client metadata that were dropped because they are neither shown nor used, by member',
    labelNames: ['member'],
    registers,
  });
  const ended = new Counter({
    name: 'octocode_mcp_grants_ended_total',
    help: 'Total number of grants that ended, by reason',
    labelNames: ['reason'],
    registers,
  });
  const logins = new Counter({
    name: 'octocode_mcp_login_results_total',
    help: 'Total number of sign-ins that came to an end, by result',
    labelNames: ['result'],
    registers,
  });
  const knownReason = closedSet(grantEndReasons);
  const knownMember = closedSet(clientMetadata);
  return [
    bus.on('token.issued', () => issued.inc()),
    bus.on('refresh.answered_late', () => late.inc()),
    bus.on('client.metadata.dropped', ({ members }) => {
      for (const member of members) dropped.inc({ member: knownMember(member) });
    }),
    bus.on('access_token.verified', ({ result }) =>
      validations.inc({ result: result === 'valid' ? 'valid' : 'invalid' }),
    ),
    bus.on('grant.ended', ({ reason }) => ended.inc({ reason: knownReason(reason) })),
    bus.on('login.finished', () => logins.inc({ result: 'finished' })),
    bus.on('login.consent.denied', () => logins.inc({ result: 'denied' })),
    bus.on('login.failed', () => logins.inc({ result: 'failed' })),
  ];
}

function countWebhooks(bus: EventBus, registry: Registry): Stop[] {
  const registers = [registry];
  const received = new Counter({
    name: 'octocode_mcp_webhooks_received_total',
    help: 'Total number of webhook deliveries, by event and by what became of them',
    labelNames: ['event', 'result'],
    registers,
  });
  const denied = new Counter({
    name: 'octocode_mcp_membership_denials_total',
    help: 'Total number of accounts refused by GitHub or by a rule about people, by reason',
    labelNames: ['reason'],
    registers,
  });
  const changed = new Counter({
    name: 'octocode_mcp_organization_changes_total',
    help: 'Total number of times that the login of an allowed organization was found to belong to another one',
    registers,
  });
  return [
    bus.on('organization.changed', () => changed.inc()),
    bus.on('webhook.received', ({ event, result }) => received.inc({ event, result })),
    bus.on('membership.denied', ({ reason }) => denied.inc({ reason })),
  ];
}

function countGithub(bus: EventBus, registry: Registry, { githubEndpoints }: MetricLabels): Stop {
  const calls = new Counter({
    name: 'octocode_mcp_github_api_calls_total',
    help: 'Total number of GitHub API calls',
    labelNames: ['endpoint', 'status'],
    registers: [registry],
  });
  const knownEndpoint = closedSet(githubEndpoints);
  return bus.on('github.call.finished', ({ endpoint, status }) => {
    calls.inc({ endpoint: knownEndpoint(endpoint), status: statusLabel(status) });
  });
}

function gaugeConnections(bus: EventBus, registry: Registry): Stop {
  const active = new Gauge({
    name: 'octocode_mcp_active_connections',
    help: 'Number of active MCP connections',
    registers: [registry],
  });
  return bus.on('connections.changed', ({ delta }) => active.inc(delta));
}

function countLimitedCalls(bus: EventBus, registry: Registry): Stop {
  const limited = new Counter({
    name: 'octocode_mcp_calls_limited_total',
    help: 'Total number of MCP calls refused by a bound on what runs at once, by bound',
    labelNames: ['limit'],
    registers: [registry],
  });
  const known = closedSet(CALL_LIMITS);
  return bus.on('call.limited', ({ limit }) => limited.inc({ limit: known(limit) }));
}

/** The variables are those of the configuration: a closed set. */
function watchSecretFiles(bus: EventBus, registry: Registry): Stop {
  const registers = [registry];
  const labelNames = ['variable'];
  const faulty = new Gauge({
    name: 'octocode_mcp_secret_file_faulty',
    help: 'Whether the file of a secret cannot be used at the moment and the former secret stays in use',
    labelNames,
    registers,
  });
  const changes = new Counter({
    name: 'octocode_mcp_secret_changes_total',
    help: 'Total number of secrets that were replaced from their file while the process ran',
    labelNames,
    registers,
  });
  return bus.on('secret.file.seen', ({ variable, result }) => {
    faulty.set({ variable }, result === 'refused' ? 1 : 0);
    changes.inc({ variable }, result === 'taken' ? 1 : 0);
  });
}

function showChecks(registry: Registry, { checks }: MetricLabels): void {
  new Gauge({
    name: 'octocode_mcp_check_ok',
    help: 'Whether the last run of a health check found all well (1) or not (0)',
    labelNames: ['check'],
    registers: [registry],
    collect() {
      for (const [check, { ok }] of Object.entries(checks?.() ?? {})) this.set({ check }, ok ? 1 : 0);
    },
  });
}

function countOlderKeys(registry: Registry, { olderKeyUses }: MetricLabels): void {
  new Counter({
    name: 'octocode_mcp_older_key_uses_total',
    help: 'Total number of times that a key of a ring other than its current one was needed',
    labelNames: ['variable'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [variable, uses] of Object.entries(olderKeyUses?.() ?? {})) this.inc({ variable }, uses);
    },
  });
}

function closedSet(values: readonly string[]): (value: string) => string {
  const known = new Set(values);
  return (value) => (known.has(value) ? value : OTHER);
}

function statusLabel(status: number): string {
  return Number.isInteger(status) && status >= 100 && status <= 599 ? String(status) : OTHER;
}
