import { setTimeout as delay } from 'node:timers/promises';
import { GET_ME, legacyRequest, sendMcp } from '../support/mcp-messages.ts';
import type { RegisteredClient, Tokens } from '../support/oauth-client.ts';
import { postForm, refreshRequest, signIn } from '../support/oauth-client.ts';
import type { Replicas } from '../integration/replicas/replicas.ts';

/** What honest people did, and what of it failed. */
export interface HonestReport {
  signIns: number;
  refreshes: number;
  calls: number;
  readonly failures: string[];
  readonly callMs: number[];
}

export function emptyReport(): HonestReport {
  return { signIns: 0, refreshes: 0, calls: 0, failures: [], callMs: [] };
}

/** How long a person does nothing between two things (ms). */
const PAUSE_MS = 50;
/** A person refreshes after so many calls. */
const CALLS_PER_TOKEN = 8;

/**
 * One person who signs in, calls and refreshes until told to stop. Each thing is done once: nothing is tried again, and
 * what fails is written down. `bases` are where the calls go, in turn: balancers and gateways.
 */
export async function liveHonestly(
  place: Replicas,
  of: {
    readonly client: RegisteredClient;
    readonly bases: readonly string[];
    readonly report: HonestReport;
    readonly isOver: () => boolean;
  },
): Promise<void> {
  const { client, bases, report, isOver } = of;
  let turn = 0;
  while (!isOver()) {
    const signedIn = await attempt(report, 'sign-in', async () => {
      const { tokens } = await signIn(place, { client });
      report.signIns += 1;
      return tokens;
    });
    let tokens: Tokens | undefined = signedIn;
    for (let round = 0; round < 3 && tokens !== undefined && !isOver(); round += 1) {
      for (let index = 0; index < CALLS_PER_TOKEN; index += 1) {
        turn += 1;
        await call(`${bases[turn % bases.length] ?? ''}/mcp`, tokens, report);
        await delay(PAUSE_MS);
      }
      tokens = await refreshOnce(place, client, { tokens, report });
    }
  }
}

async function call(url: string, { access_token: token }: Tokens, report: HonestReport): Promise<void> {
  await attempt(report, 'call', async () => {
    const startedAt = performance.now();
    const headers = { authorization: `Bearer ${token}` };
    const { status, text } = await sendMcp(url, legacyRequest('tools/call', GET_ME), headers);
    if (status !== 200 || !text.includes('octocat'))
      throw new Error(`${String(status)} ${text.slice(0, 100)}`);
    report.calls += 1;
    report.callMs.push(performance.now() - startedAt);
  });
}

async function refreshOnce(
  place: Replicas,
  client: RegisteredClient,
  { tokens, report }: { tokens: Tokens; report: HonestReport },
): Promise<Tokens | undefined> {
  return await attempt(report, 'refresh', async () => {
    const response = await postForm(`${place.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
    if (response.status !== 200) throw new Error(`${String(response.status)} ${await response.text()}`);
    report.refreshes += 1;
    return (await response.json()) as Tokens;
  });
}

async function attempt<T>(report: HonestReport, what: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const behind = cause instanceof Error ? ` (${cause.message})` : '';
    report.failures.push(`${what}: ${message.slice(0, 300)}${behind}`);
    return undefined;
  }
}
