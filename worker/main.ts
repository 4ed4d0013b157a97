import { processEnvironment, readTextFile } from '../shared/config/index.ts';
import { RESOURCE_PATHS } from '../shared/resources.ts';
import { runService } from '../shared/process/index.ts';
import { composeWorker } from './compose.ts';
import { loadWorkerConfig } from './config.ts';
import { GITHUB_ENDPOINTS } from './tools.ts';

await runService({
  name: 'worker',
  load: () => loadWorkerConfig(processEnvironment(), readTextFile),
  address: ({ host, port }) => ({ host, port, portVariable: 'WORKER_PORT' }),
  compose: composeWorker,
  metricLabels: { routes: RESOURCE_PATHS, githubEndpoints: GITHUB_ENDPOINTS, grantEndReasons: [] },
});
