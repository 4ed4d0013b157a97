import { approveRequest } from '../../support/approve.ts';
import { registerClient } from '../../support/oauth-client.ts';
import { freePorts } from '../../support/free-ports.ts';
import type { SuiteRun } from './conformance-cli.ts';
import { readRequiredScenarios, runSuite } from './conformance-cli.ts';
import type { Target } from './target.ts';
import type { Verdict } from './verdict.ts';
import { judge } from './verdict.ts';

/** Scenarios that cannot pass wait for an answer that never comes; the others are far quicker. */
const SCENARIO_TIMEOUT_MS = '4000';

/** What one group of scenarios came to, and all that was printed on the way. */
export interface GroupResult extends Verdict {
  readonly name: string;
  readonly output: string;
}

/**
 * Each of these takes a session: a question to the client while a tool runs, or a second stream. No worker of this
 * product has sessions, and revision 2026-07-28 has none.
 */
const NEEDS_SESSIONS = [
  'tools-call-sampling',
  'tools-call-elicitation',
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'server-sse-multiple-streams',
];

const REQUIREMENTS = [
  {
    revision: '2026-07-28',
    count: 37,
    baseline: [],
    // The suite runs these and does not count them, because its own fixture server cannot pass them yet.
    beyond: ['http-header-validation', 'http-custom-header-server-validation', 'json-schema-2020-12'],
  },
  { revision: '2025-11-25', count: 30, baseline: NEEDS_SESSIONS, beyond: [] },
] as const;

/** Everything the two revisions require of a server, judged through the gateway. */
export async function runRequirements(target: Target): Promise<GroupResult[]> {
  const groups: GroupResult[] = [];
  for (const { revision, count, baseline, beyond } of REQUIREMENTS) {
    const run = await runSuite(
      ['server', '--url', target.mcpUrl, '--requirements', revision, '--timeout', SCENARIO_TIMEOUT_MS],
      { baseline },
    );
    const scenarios = await readRequiredScenarios(revision);
    const verdict = withExitCode(judge(run.results, { scenarios, count, baseline }), [run]);
    groups.push({ name: `requirements of ${revision}, fixture worker`, output: run.output, ...verdict });
    if (beyond.length === 0) continue;
    const more = judge(run.results, { scenarios: beyond, count: beyond.length, baseline: [] });
    groups.push({
      name: `beyond the requirements of ${revision}, fixture worker`,
      output: run.output,
      ...more,
    });
  }
  return groups;
}

/** The scenarios that need nothing but the protocol, for a worker with tools of its own. */
const PROTOCOL_SCENARIOS = [
  { revision: '2025-11-25', names: ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'] },
  {
    revision: '2026-07-28',
    names: [
      'server-stateless',
      'tools-list',
      'dns-rebinding-protection',
      'sep-2164-resource-not-found',
      'http-header-validation',
      'server-sse-multiple-streams',
      'caching',
      'input-required-result-unsupported-methods',
    ],
  },
] as const;

/** Checks that call a tool made for the suite, or read prompts and resources, which the GitHub worker has not. */
const GITHUB_WORKER_BASELINE = [
  'server-stateless:sep-2575-server-rejects-undeclared-capability',
  'server-stateless:sep-2575-missing-capability-http-400',
  'server-stateless:sep-2575-http-server-no-independent-requests-on-stream',
  'server-stateless:sep-2575-server-no-log-without-loglevel',
  'caching:sep-2549-prompts-list-caching-hints',
  'caching:sep-2549-resources-list-caching-hints',
  'caching:sep-2549-resources-templates-list-caching-hints',
  'sep-2164-resource-not-found:sep-2164-error-code',
  'sep-2164-resource-not-found:sep-2164-data-uri',
];

export async function runProtocolScenarios(target: Target): Promise<GroupResult[]> {
  const groups: GroupResult[] = [];
  for (const { revision, names } of PROTOCOL_SCENARIOS) {
    const runs: SuiteRun[] = [];
    const baseline = GITHUB_WORKER_BASELINE.filter((entry) =>
      names.some((name) => entry.startsWith(`${name}:`)),
    );
    for (const scenario of names) {
      const server = ['server', '--url', target.mcpUrl, '--timeout', SCENARIO_TIMEOUT_MS];
      runs.push(
        await runSuite([...server, '--scenario', scenario, '--spec-version', revision], { baseline }),
      );
    }
    const results = runs.flatMap((run) => run.results);
    const expectation = { scenarios: names, count: names.length, baseline };
    const output = runs.map((run) => run.output).join('');
    const verdict = withExitCode(judge(results, expectation), runs);
    groups.push({ name: `protocol of ${revision}, GitHub worker`, output, ...verdict });
  }
  return groups;
}

const AUTHORIZATION_SCENARIOS = ['authorization-server-metadata-endpoint', 'authorization-code-grant'];

/** The authorization server, with a client registered for the suite and a browser that consents and signs in. */
export async function runAuthorization({ stack }: Target): Promise<GroupResult> {
  const [port = 0] = await freePorts(1);
  const redirectUri = `http://127.0.0.1:${String(port)}/callback`;
  const { clientId } = await registerClient(stack.publicUrl, { redirect_uris: [redirectUri] });
  let visit: Promise<string | undefined> | undefined;
  const run = await runSuite(
    [
      ...['authorization', '--url', stack.publicUrl, '--client-id', clientId],
      ...['--resource', stack.mcpUrl, '--port', String(port)],
    ],
    {
      onOutput: (soFar) => {
        const url = /^(http\S+\/authorize\?\S+)\n/m.exec(soFar)?.[1];
        if (url !== undefined) visit ??= consentAndReturn(stack, url, redirectUri);
      },
    },
  );
  const trouble = await visit;
  const expectation = { scenarios: AUTHORIZATION_SCENARIOS, count: 2, baseline: [] };
  const verdict = withExitCode(judge(run.results, expectation), [run]);
  const output = `${run.output}${trouble ?? ''}`;
  return { name: 'authorization server', output, ...verdict };
}

/** Answers what went wrong, if anything did; the suite gets its callback in any case and need not wait for it. */
async function consentAndReturn(
  stack: Target['stack'],
  url: string,
  redirectUri: string,
): Promise<string | undefined> {
  let callback = `${redirectUri}?error=no_redirect`;
  try {
    callback = (await approveRequest(stack, url)).callback;
    return undefined;
  } catch (error) {
    return `the sign-in failed: ${String(error)}\n`;
  } finally {
    await fetch(callback);
  }
}

/** The suite's own verdict counts too: what it holds against a run is a fault even if no check shows it. */
function withExitCode(verdict: Verdict, runs: readonly SuiteRun[]): Verdict {
  const bad = runs.filter((run) => run.exitCode !== 0);
  if (verdict.faults.length > 0 || bad.length === 0) return verdict;
  return { ...verdict, faults: bad.map((run) => `the suite ended with exit code ${String(run.exitCode)}`) };
}
