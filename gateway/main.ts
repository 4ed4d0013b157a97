import { processEnvironment, readTextFile } from '../shared/config/index.ts';
import { runService } from '../shared/process/index.ts';
import { DROPPED_MEMBERS, GRANT_END_REASONS } from './authorization-server/index.ts';
import { composeGateway } from './compose.ts';
import { loadGatewayConfig } from './config.ts';
import { ROUTES_OF_PUBLIC_LISTENER } from './observability/index.ts';

await runService({
  name: 'gateway',
  load: () => loadGatewayConfig(processEnvironment(), readTextFile),
  address: ({ httpHost, httpPort }) => ({ host: httpHost, port: httpPort, portVariable: 'MCP_HTTP_PORT' }),
  compose: composeGateway,
  metricLabels: {
    routes: ROUTES_OF_PUBLIC_LISTENER,
    githubEndpoints: [],
    grantEndReasons: GRANT_END_REASONS,
    clientMetadata: DROPPED_MEMBERS,
  },
});
