// The rooms and their doors, as dependency-cruiser rules. test/architecture/import-rules.test.ts plants one
// violation per rule, so a rule that has gone blind is noticed.

const PRODUCTION = '^(gateway|worker|shared|deploy)/';

/** A package that one home may import; tests are free. */
const only = (name, packages, home) => ({
  name,
  severity: 'error',
  from: { path: PRODUCTION, pathNot: `^(${home})` },
  // The second form is a package that dependency-cruiser could not resolve: it is no way around the rule.
  to: { path: [`node_modules/(@types/)?(${packages})/`, `^(${packages})(/|$)`] },
});

const forbid = (name, from, to) => ({ name, severity: 'error', from, to });

const directions = [
  forbid('shared-is-the-floor', { path: '^shared/' }, { path: '^(gateway|worker|deploy|test)/' }),
  forbid(
    'gateway-and-worker-are-strangers',
    { path: '^(gateway|worker)/' },
    { path: '^(gateway|worker)/', pathNot: '^$1/' },
  ),
  forbid('processes-do-not-import-deploy', { path: '^(gateway|worker)/' }, { path: '^deploy/' }),
  forbid('production-never-imports-test', { path: PRODUCTION, pathNot: '^deploy/demo' }, { path: '^test/' }),
  // The demo stands in for GitHub with the simulator the tests use; it takes nothing else from there.
  forbid(
    'the-demo-imports-only-the-simulator',
    { path: '^deploy/demo' },
    { path: '^test/', pathNot: '^test/github-simulator/' },
  ),
  forbid('no-cycles', {}, { circular: true }),
];

/** The rooms of the gateway, from the ground up: a room imports lower floors, never its own or a higher one. */
const GATEWAY_FLOORS = [
  ['http', 'pages', 'credentials', 'workers'],
  ['grants', 'limits'],
  ['standing', 'clients'],
  ['call'],
  ['authorization-server'],
  ['account', 'admin'],
  ['background'],
];

/** The same inside the authorization server. */
const AUTHORIZATION_SERVER_FLOORS = [['signing-keys'], ['token'], ['login'], ['oidc-provider']];

/** The same in the worker, whose rooms have no doors: each is a handful of files. */
const WORKER_FLOORS = [['call'], ['github', 'text'], ['rows'], ['tools']];

/** One rule for each floor but the highest, whose one room has nothing beside or above it. */
const floorRules = (home, floors) =>
  floors.slice(0, -1).map((rooms, index) => {
    const notBelow = floors.slice(index).flat().join('|');
    return forbid(
      `${home.split('/').at(-1)}-floor-${String(index + 1)}`,
      { path: `^${home}/(${rooms.join('|')})/` },
      { path: `^${home}/(${notBelow})/`, pathNot: `^${home}/$1/` },
    );
  });

const rooms = [
  ...floorRules('gateway', GATEWAY_FLOORS),
  ...floorRules('gateway/authorization-server', AUTHORIZATION_SERVER_FLOORS),
  ...floorRules('worker', WORKER_FLOORS),
  forbid(
    'every-room-of-the-gateway-has-a-floor',
    { path: '^gateway/', pathNot: `^gateway/(${GATEWAY_FLOORS.flat().join('|')}|config)/|^gateway/[^/]+$` },
    { path: '.' },
  ),
  forbid(
    'rooms-do-not-import-the-configuration',
    { path: '^gateway/[^/]+/', pathNot: '^gateway/config/' },
    { path: '^gateway/config/' },
  ),
  forbid(
    'rooms-do-not-import-the-composition',
    { path: '^(gateway|worker)/[^/]+/' },
    { path: '^(gateway|worker)/[^/]+[.]ts$', pathNot: '^worker/(?!app|compose|main)[^/]+[.]ts$' },
  ),
  forbid(
    'parts-do-not-import-their-assembly',
    { path: '^gateway/authorization-server/[^/]+/' },
    { path: '^gateway/authorization-server/[^/]+[.]ts$' },
  ),
  forbid(
    'rooms-have-one-door',
    { path: '^(gateway|shared)/([^/]+)/' },
    { path: '^(gateway|shared)/[^/]+/', pathNot: ['^$1/$2/', '^(gateway|shared)/[^/]+/index[.]ts$'] },
  ),
  forbid(
    'rooms-have-one-door-from-outside',
    { path: '^(gateway/[^/]+$|shared/[^/]+$|worker/|deploy/)' },
    { path: '^(gateway|shared)/[^/]+/', pathNot: '^(gateway|shared)/[^/]+/index[.]ts$' },
  ),
  forbid(
    'rules-about-people-are-pure',
    { path: '^gateway/standing/rules/' },
    { path: '.', pathNot: ['^gateway/standing/rules/', 'node_modules/zod/'] },
  ),
];

const packages = [
  only('only-one-folder-knows-oidc-provider', 'oidc-provider', 'gateway/authorization-server/oidc-provider/'),
  only('only-workers-knows-http-proxy-middleware', 'http-proxy-middleware|httpxy', 'gateway/workers/'),
  only('only-the-store-knows-ioredis', 'ioredis', 'shared/store/'),
  forbid(
    'only-the-store-knows-sqlite',
    { path: PRODUCTION, pathNot: '^shared/store/' },
    { path: '^(node:)?sqlite$', dependencyTypes: ['core'] },
  ),
  only('only-outgoing-http-and-workers-know-undici', 'undici', 'shared/outgoing-http/|gateway/workers/'),
  only('only-ops-knows-prom-client', 'prom-client', 'shared/ops/'),
  only('only-the-logger-knows-pino', 'pino', 'shared/logger[.]ts$'),
  only('only-deploy-and-tests-are-mcp-clients', '@modelcontextprotocol/(sdk|client)', 'deploy/'),
  only('only-the-worker-is-an-mcp-server', '@modelcontextprotocol/(server|node)', 'worker/'),
];

module.exports = {
  forbidden: [...directions, ...rooms, ...packages],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
