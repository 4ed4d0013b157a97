/** One import that breaks a rule: the importing file, and the module it names. */
export interface Plant {
  readonly rule: string;
  readonly file: string;
  readonly imports: string;
}

const plant = (rule: string, file: string, imports: string): Plant => ({ rule, file, imports });

/** At least one violation for each rule of test/tooling/import-rules.cjs. */
export const PLANTED_VIOLATIONS: readonly Plant[] = [
  plant('shared-is-the-floor', 'shared/policy/up-to-gateway.ts', '../../gateway/proxy/index.ts'),
  plant('shared-is-the-floor', 'shared/up-to-deploy.ts', '../deploy/launcher.ts'),
  plant('gateway-and-worker-are-strangers', 'gateway/to-worker.ts', '../worker/tools.ts'),
  plant('gateway-and-worker-are-strangers', 'worker/to-gateway.ts', '../gateway/proxy/index.ts'),
  plant('processes-do-not-import-deploy', 'gateway/to-deploy.ts', '../deploy/launcher.ts'),
  plant('production-never-imports-test', 'worker/to-test.ts', '../test/github-simulator/start.ts'),
  plant('production-never-imports-test', 'deploy/start-to-test.ts', '../test/github-simulator/start.ts'),
  plant('the-demo-imports-only-the-simulator', 'deploy/demo-to-support.ts', '../test/support/client.ts'),
  plant('no-cycles', 'shared/mcp/cycle-one.ts', './cycle-two.ts'),
  plant('gateway-rooms-do-not-meet', 'gateway/proxy/to-login.ts', '../authorization-server/index.ts'),
  plant('gateway-rooms-do-not-meet', 'gateway/http/to-proxy.ts', '../proxy/index.ts'),
  plant('rooms-do-not-import-the-composition', 'gateway/proxy/to-app.ts', '../app.ts'),
  plant('rooms-have-one-door', 'gateway/proxy/through-the-window.ts', '../http/inner.ts'),
  plant('rooms-have-one-door', 'shared/mcp/through-the-window.ts', '../store/inner.ts'),
  plant('rooms-have-one-door-from-outside', 'gateway/around-the-door.ts', './proxy/inner.ts'),
  plant('rooms-have-one-door-from-outside', 'worker/around-the-door.ts', '../shared/store/inner.ts'),
  plant('rooms-have-one-door-from-outside', 'deploy/around-the-door.ts', '../shared/store/inner.ts'),
  plant('policy-is-pure', 'shared/policy/reads-files.ts', 'node:fs'),
  plant('policy-is-pure', 'shared/policy/reads-the-store.ts', '../store/index.ts'),
  plant('policy-is-pure', 'shared/policy/reads-the-clock.ts', '../clock.ts'),
  plant('policy-is-pure', 'shared/policy/uses-a-package.ts', 'jose'),
  plant('only-the-authorization-server-knows-oidc-provider', 'gateway/oidc.ts', 'oidc-provider'),
  plant('only-the-proxy-knows-http-proxy-middleware', 'gateway/forward.ts', 'http-proxy-middleware'),
  plant('only-the-proxy-knows-http-proxy-middleware', 'shared/forward.ts', 'httpxy'),
  plant('only-the-store-knows-ioredis', 'gateway/redis.ts', 'ioredis'),
  plant('only-the-store-knows-sqlite', 'shared/mcp/database.ts', 'node:sqlite'),
  plant('only-outgoing-http-and-the-proxy-know-undici', 'worker/call.ts', 'undici'),
  plant('only-ops-knows-prom-client', 'worker/metrics.ts', 'prom-client'),
  plant('only-the-logger-knows-pino', 'gateway/log.ts', 'pino'),
  plant(
    'only-deploy-and-tests-are-mcp-clients',
    'gateway/client.ts',
    '@modelcontextprotocol/sdk/client/index.js',
  ),
  plant('only-deploy-and-tests-are-mcp-clients', 'worker/client.ts', '@modelcontextprotocol/client'),
  plant('only-the-worker-is-an-mcp-server', 'gateway/server.ts', '@modelcontextprotocol/server'),
];

/** Imports that the rules allow, next to each forbidden one: a rule that forbids everything is blind too. */
export const ALLOWED_IMPORTS: readonly Omit<Plant, 'rule'>[] = [
  { file: 'gateway/compose.ts', imports: './proxy/index.ts' },
  { file: 'gateway/proxy/plumbing.ts', imports: '../http/index.ts' },
  { file: 'gateway/proxy/index.ts', imports: './inner.ts' },
  { file: 'gateway/proxy/forwards.ts', imports: 'http-proxy-middleware' },
  { file: 'gateway/proxy/pool.ts', imports: 'undici' },
  { file: 'gateway/authorization-server/index.ts', imports: 'oidc-provider' },
  { file: 'gateway/authorization-server/floor.ts', imports: '../../shared/store/index.ts' },
  { file: 'shared/store/redis.ts', imports: 'ioredis' },
  { file: 'shared/store/embedded.ts', imports: 'node:sqlite' },
  { file: 'shared/outgoing-http/agent.ts', imports: 'undici' },
  { file: 'shared/ops/metrics.ts', imports: 'prom-client' },
  { file: 'shared/logger.ts', imports: 'pino' },
  { file: 'shared/policy/rules.ts', imports: 'zod' },
  { file: 'worker/server.ts', imports: '@modelcontextprotocol/server' },
  { file: 'deploy/demo.ts', imports: '../test/github-simulator/start.ts' },
  { file: 'deploy/check.ts', imports: '@modelcontextprotocol/sdk/client/index.js' },
  { file: 'test/unit/inner.test.ts', imports: '../../gateway/proxy/inner.ts' },
];

/** Files that only have to be there to be imported. */
export const LEAVES: readonly string[] = [
  'gateway/app.ts',
  'gateway/http/index.ts',
  'gateway/http/inner.ts',
  'gateway/proxy/inner.ts',
  'shared/clock.ts',
  'shared/store/index.ts',
  'shared/store/inner.ts',
  'worker/tools.ts',
  'deploy/launcher.ts',
  'test/github-simulator/start.ts',
  'test/support/client.ts',
];
