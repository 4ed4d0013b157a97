import { visitWithLegacyClient } from './legacy-client.ts';
import { visitWithModernClient } from './modern-client.ts';
import type { SignInOptions } from './sign-in.ts';
import type { ToolVisit } from './tool-visit.ts';
import { DEMO_TOOL, describeVisit } from './tool-visit.ts';
import { requireChallenge } from './wrong-token.ts';

/** What `--check` reports for programs, in its last line. */
export interface CheckReport {
  readonly ok: boolean;
  /** The checks that passed, in order. */
  readonly checked: readonly string[];
  /** The check or step that failed, and why. */
  readonly failed?: { readonly check: string; readonly problem: string };
  /** Milliseconds: from the start of the command until all processes were ready, and of each check. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Collects the report while a check runs, so that one that breaks off can be reported as well. */
export interface CheckRun {
  /** Runs one step and notes how long it took. @throws whatever the step throws */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  note(name: string, milliseconds: number): void;
  report(failure?: Error): CheckReport;
}

export function createCheckRun(now: () => number): CheckRun {
  const checked: string[] = [];
  const timings: Record<string, number> = {};
  let current = 'start';
  const note = (name: string, milliseconds: number) => {
    timings[`${name}_ms`] = Math.round(milliseconds);
  };
  return {
    note,
    step: async (name, work) => {
      current = name;
      const startedAt = now();
      const result = await work();
      note(name, now() - startedAt);
      checked.push(name);
      return result;
    },
    report: (failure) => {
      if (failure === undefined) return { ok: true, checked, timings };
      // The rest of a long message is the end of a log, which is for people.
      const [problem = ''] = failure.message.split('\n');
      return { ok: false, checked, failed: { check: current, problem }, timings };
    },
  };
}

/**
 * Signs in with both generations of clients and once with a wrong token, each step noted in `run`.
 * @throws when one fails
 */
export async function checkDemo(
  run: CheckRun,
  target: { mcpUrl: string; login: string; print: (line: string) => void },
): Promise<void> {
  const { mcpUrl, login, print } = target;
  const visits: [string, (url: URL, options: SignInOptions) => Promise<ToolVisit>, string][] = [
    ['legacy_sdk', visitWithLegacyClient, '@modelcontextprotocol/sdk'],
    ['modern_client', visitWithModernClient, '@modelcontextprotocol/client'],
  ];
  for (const [name, visit, clientName] of visits) {
    const seen = await run.step(name, async () => {
      const result = await visit(new URL(mcpUrl), { clientName, login });
      requireDemoAnswer(result, login);
      return result;
    });
    print(describeVisit(seen));
  }
  const metadata = await run.step('wrong_token', () => requireChallenge(mcpUrl));
  print(`A wrong token is answered 401 and pointed to ${metadata}`);
}

function requireDemoAnswer({ tools, answer }: ToolVisit, login: string): void {
  if (!tools.includes(DEMO_TOOL)) throw new Error(`tools/list does not name ${DEMO_TOOL}`);
  if (answer.login !== login) throw new Error(`signed in as ${login}, but the tool says ${answer.login}`);
}
