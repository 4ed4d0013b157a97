import { processEnvironment, readTextFile } from '../shared/config/index.ts';
import { runService } from '../shared/process/index.ts';
import { DROPPED_MEMBERS } from './clients/index.ts';
import { GRANT_END_REASONS } from './grants/index.ts';
import { createGateway } from './gateway.ts';
import { loadGatewayConfig } from './config/index.ts';
import { ROUTES_OF_PUBLIC_LISTENER } from './http/index.ts';

await runService({
  name: 'gateway',
  load: () => loadGatewayConfig(processEnvironment(), readTextFile),
  address: ({ httpHost, httpPort }) => ({ host: httpHost, port: httpPort, portVariable: 'MCP_HTTP_PORT' }),
  compose: createGateway,
  metricLabels: {
    routes: ROUTES_OF_PUBLIC_LISTENER,
    githubEndpoints: [],
    grantEndReasons: GRANT_END_REASONS,
    clientMetadata: DROPPED_MEMBERS,
  },
});
