import { parseArgs } from 'node:util';
import type { GitHubHostKind } from '../../shared/github/index.ts';
import { startGitHubSimulator } from './simulator.ts';

const USAGE = `node test/github-simulator/main.ts [--port N] [--web-port N] [--api-port N] [--control-port N]   (0: any free port)
  [--profile github.com|ghe.com|ghes] [--ghes-version 3.N] [--state-file PATH]
`;

/** Starts the simulator, prints one JSON line with its addresses and runs until SIGINT or SIGTERM. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      /** The web listener's port, when `--web-port` is not given. */
      port: { type: 'string' },
      'web-port': { type: 'string' },
      'api-port': { type: 'string' },
      'control-port': { type: 'string' },
      profile: { type: 'string' },
      'ghes-version': { type: 'string' },
      'state-file': { type: 'string' },
    },
  });
  const simulator = await startGitHubSimulator({
    webPort: parsePort(values['web-port'] ?? values.port),
    apiPort: parsePort(values['api-port']),
    controlPort: parsePort(values['control-port']),
    profile: parseProfile(values.profile),
    ghesVersion: values['ghes-version'],
    stateFile: values['state-file'],
  });
  const stop = (): void => {
    void simulator.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const { webBase: web, apiBase: api, controlBase: control, kind: profile } = simulator;
  process.stdout.write(`${JSON.stringify({ ready: true, web, api, control, profile })}\n`);
}

function parseProfile(value: string | undefined): GitHubHostKind | undefined {
  if (value === undefined || value === 'github.com' || value === 'ghe.com' || value === 'ghes') return value;
  throw new RangeError(`not a profile: ${value}`);
}

function parsePort(value: string | undefined): number {
  if (value === undefined) return 0;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535)) throw new RangeError(`not a port: ${value}`);
  return port;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 1;
}
