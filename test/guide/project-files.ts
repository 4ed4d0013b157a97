import { expect } from 'vitest';
import type { Part, Row } from './row.ts';

const laterFile = (part: Part, name: string): Row => ({
  area: 'file',
  name,
  outcome: 'later',
  part,
  prove: ({ hasFile }) => expect(hasFile(name)).toBe(false),
});

/** Every npm script the guide calls, and every manifest and script file it shows. */
export const projectFiles: readonly Row[] = [
  {
    area: 'script',
    name: 'start:oauth',
    outcome: 'works_as',
    as: 'npm start: there is no start without sign-in',
    prove: ({ scripts }) => expect(scripts['start']).toContain('deploy/start.ts'),
  },
  {
    area: 'script',
    name: 'start:debug',
    outcome: 'works_as',
    as: 'LOG_LEVEL=debug npm start',
    prove: ({ configure }) => expect(configure({ LOG_LEVEL: 'debug' }).logLevel).toBe('debug'),
  },
  {
    area: 'script',
    name: 'build',
    outcome: 'refused',
    reason: 'Node runs the sources as they are: there is nothing to build',
    prove: ({ scripts }) => {
      expect(scripts['build']).toBeUndefined();
      expect(Object.values(scripts).join(' ')).not.toContain('dist/');
    },
  },
  laterFile('deployment', 'Dockerfile'),
  laterFile('deployment', 'docker-compose.yml'),
  laterFile('deployment', 'k8s-deployment.yaml'),
  laterFile('deployment', 'ecs-task-definition.json'),
  laterFile('deployment', 'nginx.conf'),
  laterFile('client examples', 'server-health-check.sh'),
  laterFile('client examples', 'oauth-flow-test.js'),
  laterFile('client examples', 'oauth-client-test.js'),
];
