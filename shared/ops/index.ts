export { createEventBus } from './events.ts';
export type { EventBus, EventOf, GatewayEvent, GatewayEventType } from './events.ts';
export type { CheckOutcome, CheckOutcomes, HealthChecks } from './health-checks.ts';
export { createMetrics } from './metrics.ts';
export type { MetricLabels, Metrics } from './metrics.ts';
export { startOpsListener } from './ops-listener.ts';
export type { OpsListener, OpsListenerOptions } from './ops-listener.ts';
