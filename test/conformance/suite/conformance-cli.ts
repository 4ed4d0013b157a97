import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ScenarioResult } from './verdict.ts';
import { requiredServerScenarios } from './verdict.ts';

const require = createRequire(import.meta.url);
const cli = require.resolve('@modelcontextprotocol/conformance/dist/index.js');
const RUN_LIMIT_MS = 5 * 60_000;

const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
);

export interface SuiteRun {
  readonly exitCode: number | null;
  readonly output: string;
  readonly results: readonly ScenarioResult[];
}

export interface SuiteOptions {
  readonly baseline?: readonly string[];
  /** Is told, while the suite runs, everything it has printed so far. */
  readonly onOutput?: (soFar: string) => void;
}

/** The server scenarios that the installed suite requires for a revision. */
export async function readRequiredScenarios(revision: string): Promise<string[]> {
  const file = join(dirname(cli), '..', 'requirements', `${revision}.yaml`);
  return requiredServerScenarios(await readFile(file, 'utf8'));
}

/** Runs one command of the official suite to its end and reads what it recorded; nothing of it stays on disk. */
export async function runSuite(args: readonly string[], options: SuiteOptions = {}): Promise<SuiteRun> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const output = join(folder, 'results');
    const baseline = join(folder, 'baseline.yml');
    // JSON is YAML.
    await writeFile(baseline, JSON.stringify({ server: options.baseline ?? [] }));
    const known = options.baseline === undefined ? [] : ['--expected-failures', baseline];
    const run = await spawnSuite([...args, ...known, '--output-dir', output], options.onOutput);
    return { ...run, results: await readResults(output) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function spawnSuite(args: readonly string[], onOutput?: (soFar: string) => void) {
  return await new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    const chunks: string[] = [];
    const child = spawn(process.execPath, [cli, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        chunks.push(text);
        onOutput?.(chunks.join(''));
      });
    }
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, output: chunks.join('') }));
  });
}

/** Folders are named `<kind>-<scenario>-<time>`; one without checks is of a scenario that broke off. */
async function readResults(folder: string): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const file of await readdir(folder, { recursive: true }).catch(() => [])) {
    if (!file.endsWith('checks.json')) continue;
    const scenario = dirname(file)
      .replace(/^(?:authorization-server|server)-/, '')
      .replace(/-\d{4}-\d\d-\d\dT.*$/, '');
    const text = await readFile(join(folder, file), 'utf8');
    results.push({ scenario, checks: checksSchema.parse(JSON.parse(text)) });
  }
  return results;
}
