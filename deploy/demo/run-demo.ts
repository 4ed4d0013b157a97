import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  choosePorts,
  DEFAULT_ADDRESSES,
  describeMove,
  isPortFree,
  LEFTOVER_LIMIT_MS,
  productPortRequests,
  readLogTail,
  supervise,
  takeStateFolder,
  waitUntilFree,
} from '../launcher/index.ts';
import type { ChildPlan, DemoArguments, PortRequest, StateFolder } from '../launcher/index.ts';
import { resourcesOf } from '../../shared/resources.ts';
import { checkDemo, createCheckRun } from './check.ts';
import { DEMO_LOGIN, DEMO_WORKERS, planDemo, SIMULATOR_PORTS } from './demo-plan.ts';
import type { DemoPlan } from './demo-plan.ts';
import { visitWithLegacyClient } from './legacy-client.ts';
import { welcome } from './screen.ts';

const DEFAULT_STATE = fileURLToPath(new URL('../../.state/demo', import.meta.url));

/** Below the range from which systems take the ports of outgoing connections, above the well-known ones. */
const CHECK_PORTS = { from: 20_000, to: 30_000 } as const;

type Variables = Readonly<Record<string, string | undefined>>;
type Print = (line: string) => void;

const PORT_REQUESTS: readonly PortRequest[] = [
  ...productPortRequests(DEFAULT_ADDRESSES, DEMO_WORKERS),
  ...SIMULATOR_PORTS,
];

interface DemoOptions extends DemoArguments {
  readonly env: Variables;
  readonly print: Print;
}

/** `npm run demo`: runs until a signal. @throws LauncherFault when it cannot start or a process dies */
export async function runDemo({ reset, verbose, state, env, print }: DemoOptions): Promise<void> {
  const folder = takeStateFolder(state === undefined ? DEFAULT_STATE : resolve(state), { reset });
  try {
    const kept = folder.keptPorts();
    if (folder.wasKilled) await waitUntilFree(kept.values(), LEFTOVER_LIMIT_MS);
    const { ports, moved } = await choosePorts(PORT_REQUESTS, kept, isPortFree);
    for (const move of moved) print(describeMove(move));
    folder.keepPorts(ports);
    const plan = planDemo(folder, ports, env);
    const whenReady = async () => {
      print(readyLine(plan));
      const visit = await visitWithLegacyClient(mcpUrlOf(plan), { clientName: 'Demo', login: DEMO_LOGIN });
      const logs = relative(process.cwd(), join(folder.path, 'logs'));
      print(welcome({ mcpUrl: mcpUrlOf(plan).href, githubUrl: plan.githubUrl, logs, visit }));
      return 'stay' as const;
    };
    await supervise({ stages: stagesOf(plan), whenReady, verbose, print });
  } finally {
    folder.release();
  }
}

/**
 * `npm run demo -- --check`: the same with a state folder and ports of its own, so that it disturbs no running demo.
 * Answers whether all went well; the last line it prints says so for programs.
 */
export async function checkOnce({ verbose, env, print }: DemoOptions): Promise<boolean> {
  // Counted from the start of the process, as a person counts it.
  const run = createCheckRun(() => performance.now());
  const path = mkdtempSync(join(tmpdir(), 'octocode-demo-check-'));
  let failure: Error | undefined;
  let stages: readonly (readonly ChildPlan[])[] = [];
  try {
    const folder = takeStateFolder(path);
    const plan = planDemo(folder, await chooseCheckPorts(folder), env);
    stages = stagesOf(plan);
    const whenReady = async () => {
      run.note('ready', performance.now());
      print(readyLine(plan));
      await checkDemo(run, { mcpUrl: mcpUrlOf(plan).href, login: DEMO_LOGIN, print });
      return 'stop' as const;
    };
    const end = await supervise({ stages, whenReady, verbose, print });
    if (end === 'signal') failure = new Error('a signal stopped it');
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error), { cause: error });
  }
  if (failure !== undefined) explain(failure, stages.flat(), print);
  rmSync(path, { recursive: true, force: true });
  const report = run.report(failure);
  print(`check ${JSON.stringify(report)}`);
  return report.ok;
}

/** What failed and the end of every log: the folder they are in does not outlive the check. */
function explain(failure: Error, children: readonly ChildPlan[], print: Print): void {
  print(failure.message);
  for (const { name, logFile } of children) {
    const tail = readLogTail(logFile);
    if (tail.length > 0) print([`The end of the log of ${name}:`, ...tail].join('\n  '));
  }
}

async function chooseCheckPorts(folder: StateFolder): Promise<ReadonlyMap<string, number>> {
  const requests = PORT_REQUESTS.map((request) => ({
    ...request,
    preferred: randomInt(CHECK_PORTS.from, CHECK_PORTS.to),
  }));
  return (await choosePorts(requests, folder.keptPorts(), isPortFree)).ports;
}

/** In the order of stopping: nothing disappears under a process that still finishes its calls. */
function stagesOf({ product, simulator }: DemoPlan) {
  return [[product.gateway], product.workers, [simulator]];
}

function mcpUrlOf({ product }: DemoPlan): URL {
  return new URL(resourcesOf(product.publicUrl)[0].identifier);
}

function readyLine(plan: DemoPlan): string {
  const { product, githubUrl } = plan;
  const facts = { url: product.publicUrl, mcp: mcpUrlOf(plan).href, ops: product.opsUrl, github: githubUrl };
  return `ready ${JSON.stringify(facts)}`;
}
