import { redactText } from '../redaction.ts';

export interface CheckOutcome {
  readonly ok: boolean;
  readonly detail?: string;
}

/** Something the process cannot work without, by name. */
export type HealthChecks = Readonly<Record<string, () => Promise<CheckOutcome>>>;

export type CheckOutcomes = Readonly<Record<string, CheckOutcome>>;

/**
 * Runs all checks side by side. One that throws has failed with its message; one that gives no answer in time has failed
 * too, so that a probe is always answered. Never rejects.
 */
export async function runHealthChecks(checks: HealthChecks, timeoutMs: number): Promise<CheckOutcomes> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await runCheck(check, timeoutMs)] as const),
  );
  return Object.fromEntries(outcomes);
}

async function runCheck(check: () => Promise<CheckOutcome>, timeoutMs: number): Promise<CheckOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<CheckOutcome>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: `no answer within ${timeoutMs} ms` }), timeoutMs);
  });
  try {
    const { ok, detail } = await Promise.race([check(), silence]);
    return detail === undefined ? { ok } : { ok, detail: redactText(detail) };
  } catch (error) {
    return { ok: false, detail: redactText(error instanceof Error ? error.message : String(error)) };
  } finally {
    clearTimeout(timer);
  }
}
