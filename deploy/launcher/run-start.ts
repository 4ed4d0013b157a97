import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTextFile } from '../../shared/config/index.ts';
import { resourcesOf } from '../../shared/resources.ts';
import type { StartArguments } from './arguments.ts';
import { choosePorts, describeMove } from './choose-ports.ts';
import { isPortFree, LEFTOVER_LIMIT_MS, waitUntilFree } from './is-port-free.ts';
import { planProduct, productPortRequests, valueOf } from './product-plan.ts';
import { planStart } from './start-plan.ts';
import { takeStateFolder } from './state-folder.ts';
import { supervise } from './supervise.ts';

const DEFAULT_STATE = fileURLToPath(new URL('../../.state/gateway', import.meta.url));

interface StartOptions extends StartArguments {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
}

/**
 * `npm start`: gateway and workers against the configured GitHub, until a signal.
 * @throws LauncherFault when a value is missing or wrong (exit code 2), it cannot start, or a process dies
 */
export async function runStart({ workers: wanted, verbose, env, print }: StartOptions): Promise<void> {
  const { workers, config, addresses, notices } = planStart(env, wanted, readTextFile);
  for (const notice of notices) print(notice);
  const stateDir = valueOf(env, 'STATE_DIR');
  const folder = takeStateFolder(stateDir === undefined ? DEFAULT_STATE : resolve(stateDir));
  try {
    const kept = folder.keptPorts();
    if (folder.wasKilled) await waitUntilFree(kept.values(), LEFTOVER_LIMIT_MS);
    const { ports, moved } = await choosePorts(productPortRequests(addresses, workers), kept, isPortFree);
    for (const move of moved) print(describeMove(move));
    folder.keepPorts(ports);
    const { logFile } = folder;
    const product = planProduct({ env, ports, workers, stateDir: folder.path, logFile });
    const whenReady = () => {
      const { publicUrl: url, opsUrl: ops } = product;
      const [{ identifier: mcp }] = resourcesOf(url);
      print(`ready ${JSON.stringify({ url, mcp, ops, github: config.github.webBase })}`);
      const logs = relative(process.cwd(), join(folder.path, 'logs'));
      const callback = valueOf(env, 'GITHUB_OAUTH_REDIRECT_URI') ?? `${url}/auth/callback`;
      print(started({ mcp, callback, github: config.github.webBase, logs }));
      return Promise.resolve('stay' as const);
    };
    await supervise({ stages: [[product.gateway], product.workers], whenReady, verbose, print });
  } finally {
    folder.release();
  }
}

function started(facts: { mcp: string; callback: string; github: string; logs: string }): string {
  return `
People sign in at ${facts.github}. The callback URL of your GitHub app must be
  ${facts.callback}

Connect a client
  Claude Code    claude mcp add --transport http octocode ${facts.mcp}
  any other      ${facts.mcp}

Logs are in ${facts.logs}. Ctrl-C stops everything.
`;
}
