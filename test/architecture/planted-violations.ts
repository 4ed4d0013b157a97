/** One import that breaks a rule: the importing file, and the module it names. */
export interface Plant {
  readonly rule: string;
  readonly file: string;
  readonly imports: string;
}

const plant = (rule: string, file: string, imports: string): Plant => ({ rule, file, imports });

/** At least one violation for each rule of test/tooling/import-rules.cjs. */
export const PLANTED_VIOLATIONS: readonly Plant[] = [
  plant('shared-is-the-floor', 'shared/mcp/up-to-gateway.ts', '../../gateway/workers/index.ts'),
  plant('shared-is-the-floor', 'shared/up-to-deploy.ts', '../deploy/launcher.ts'),
  plant('gateway-and-worker-are-strangers', 'gateway/to-worker.ts', '../worker/tools.ts'),
  plant('gateway-and-worker-are-strangers', 'worker/to-gateway.ts', '../gateway/workers/index.ts'),
  plant('processes-do-not-import-deploy', 'gateway/to-deploy.ts', '../deploy/launcher.ts'),
  plant('production-never-imports-test', 'worker/to-test.ts', '../test/github-simulator/start.ts'),
  plant('production-never-imports-test', 'deploy/start-to-test.ts', '../test/github-simulator/start.ts'),
  plant('the-demo-imports-only-the-simulator', 'deploy/demo-to-support.ts', '../test/support/client.ts'),
  plant('no-cycles', 'shared/mcp/cycle-one.ts', './cycle-two.ts'),
  plant('gateway-floor-1', 'gateway/workers/to-login.ts', '../authorization-server/index.ts'),
  plant('gateway-floor-1', 'gateway/http/to-the-room-beside.ts', '../workers/index.ts'),
  plant('gateway-floor-2', 'gateway/grants/up.ts', '../standing/index.ts'),
  plant('gateway-floor-3', 'gateway/standing/up.ts', '../call/index.ts'),
  plant('gateway-floor-3', 'gateway/clients/beside.ts', '../standing/index.ts'),
  plant('gateway-floor-4', 'gateway/call/up.ts', '../authorization-server/index.ts'),
  plant('gateway-floor-5', 'gateway/authorization-server/up.ts', '../account/index.ts'),
  plant('gateway-floor-6', 'gateway/account/beside.ts', '../admin/index.ts'),
  plant(
    'authorization-server-floor-1',
    'gateway/authorization-server/signing-keys/up.ts',
    '../token/inner.ts',
  ),
  plant('authorization-server-floor-2', 'gateway/authorization-server/token/up.ts', '../login/inner.ts'),
  plant(
    'authorization-server-floor-3',
    'gateway/authorization-server/login/up.ts',
    '../oidc-provider/inner.ts',
  ),
  plant('worker-floor-1', 'worker/call/up.ts', '../github/inner.ts'),
  plant('worker-floor-2', 'worker/github/up.ts', '../rows/inner.ts'),
  plant('worker-floor-2', 'worker/text/beside.ts', '../github/inner.ts'),
  plant('worker-floor-3', 'worker/rows/up.ts', '../tools/inner.ts'),
  plant('every-room-of-the-gateway-has-a-floor', 'gateway/attic/index.ts', '../http/index.ts'),
  plant('rooms-do-not-import-the-configuration', 'gateway/http/to-config.ts', '../config/index.ts'),
  plant(
    'parts-do-not-import-their-assembly',
    'gateway/authorization-server/token/to-assembly.ts',
    '../assembly.ts',
  ),
  plant('rooms-do-not-import-the-composition', 'gateway/workers/to-app.ts', '../app.ts'),
  plant('rooms-have-one-door', 'gateway/workers/through-the-window.ts', '../http/inner.ts'),
  plant('rooms-have-one-door', 'shared/mcp/through-the-window.ts', '../store/inner.ts'),
  plant('rooms-have-one-door-from-outside', 'gateway/around-the-door.ts', './workers/inner.ts'),
  plant('rooms-have-one-door-from-outside', 'worker/around-the-door.ts', '../shared/store/inner.ts'),
  plant('rooms-have-one-door-from-outside', 'deploy/around-the-door.ts', '../shared/store/inner.ts'),
  plant('rules-about-people-are-pure', 'gateway/standing/rules/reads-files.ts', 'node:fs'),
  plant(
    'rules-about-people-are-pure',
    'gateway/standing/rules/reads-the-store.ts',
    '../../../shared/store/index.ts',
  ),
  plant('rules-about-people-are-pure', 'gateway/standing/rules/asks-its-room.ts', '../index.ts'),
  plant('rules-about-people-are-pure', 'gateway/standing/rules/uses-a-package.ts', 'jose'),
  plant('only-one-folder-knows-oidc-provider', 'gateway/authorization-server/login/oidc.ts', 'oidc-provider'),
  plant('only-workers-knows-http-proxy-middleware', 'gateway/forward.ts', 'http-proxy-middleware'),
  plant('only-workers-knows-http-proxy-middleware', 'shared/forward.ts', 'httpxy'),
  plant('only-the-store-knows-ioredis', 'gateway/redis.ts', 'ioredis'),
  plant('only-the-store-knows-sqlite', 'shared/mcp/database.ts', 'node:sqlite'),
  plant('only-outgoing-http-and-workers-know-undici', 'worker/call.ts', 'undici'),
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
  { file: 'gateway/gateway.ts', imports: './workers/index.ts' },
  { file: 'gateway/grants/below.ts', imports: '../http/index.ts' },
  { file: 'gateway/authorization-server/login/below.ts', imports: '../token/inner.ts' },
  { file: 'gateway/config/option-types.ts', imports: '../http/index.ts' },
  { file: 'gateway/workers/index.ts', imports: './inner.ts' },
  { file: 'gateway/workers/forwards.ts', imports: 'http-proxy-middleware' },
  { file: 'gateway/workers/pool.ts', imports: 'undici' },
  { file: 'gateway/authorization-server/oidc-provider/library.ts', imports: 'oidc-provider' },
  { file: 'gateway/authorization-server/floor.ts', imports: '../../shared/store/index.ts' },
  { file: 'shared/store/redis.ts', imports: 'ioredis' },
  { file: 'shared/store/embedded.ts', imports: 'node:sqlite' },
  { file: 'shared/outgoing-http/agent.ts', imports: 'undici' },
  { file: 'shared/ops/metrics.ts', imports: 'prom-client' },
  { file: 'shared/logger.ts', imports: 'pino' },
  { file: 'gateway/standing/rules/rules.ts', imports: 'zod' },
  { file: 'worker/server.ts', imports: '@modelcontextprotocol/server' },
  { file: 'deploy/demo.ts', imports: '../test/github-simulator/start.ts' },
  { file: 'deploy/check.ts', imports: '@modelcontextprotocol/sdk/client/index.js' },
  { file: 'test/unit/inner.test.ts', imports: '../../gateway/workers/inner.ts' },
];

/** Files that only have to be there to be imported. */
export const LEAVES: readonly string[] = [
  'gateway/app.ts',
  'gateway/http/index.ts',
  'gateway/http/inner.ts',
  'gateway/workers/inner.ts',
  ...[
    'account',
    'admin',
    'authorization-server',
    'call',
    'config',
    'standing',
    'workers',
    'background-too',
  ].map((room) => `gateway/${room}/index.ts`),
  ...['login', 'oidc-provider', 'token'].map((part) => `gateway/authorization-server/${part}/inner.ts`),
  'gateway/authorization-server/assembly.ts',
  'shared/clock.ts',
  'shared/store/index.ts',
  'shared/store/inner.ts',
  'worker/tools.ts',
  ...['github', 'rows', 'tools'].map((room) => `worker/${room}/inner.ts`),
  'deploy/launcher.ts',
  'test/github-simulator/start.ts',
  'test/support/client.ts',
];
