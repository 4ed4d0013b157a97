import type { RegisteredClient, Tokens } from '../../support/oauth-client.ts';
import {
  authorize,
  postForm,
  redemption,
  refreshRequest,
  registerClient,
} from '../../support/oauth-client.ts';
import type { Replicas } from './replicas.ts';

/** How the races of one kind ended. */
export interface RaceReport {
  readonly races: number;
  /** Codes that gave more than one token answer, or refresh tokens with more than one successor. */
  readonly forked: number;
  /** Races nobody won. */
  readonly lost: number;
  /** Answers that were neither a success nor what a loser may get, `status error`, each once. */
  readonly unexpected: readonly string[];
  readonly seconds: number;
}

export interface RaceOptions {
  readonly races: number;
  /** Requests in flight at any moment, over both gateways. */
  readonly concurrency: number;
}

interface TokenAnswer {
  readonly status: number;
  readonly body: Partial<Tokens> & { readonly error?: string };
}

/** Requests of one race: two at each gateway. */
const CONTENDERS = 4;
/** Fewer than one person may have at one client. */
const GRANTS_PER_PERSON = 10;
/** A loser of a parallel redemption (RFC 6749 §5.2), and a gateway that asks to try again. */
const CODE_LOSERS = new Set(['400 invalid_grant']);
const REFRESH_LOSERS = new Set(['503 temporarily_unavailable']);

/**
 * Redeems `races` codes, each by four requests at once, then uses each refresh token won the same way.
 * All requests go straight to the gateways, every second one to the other.
 */
export async function runRaces(
  replicas: Replicas,
  options: RaceOptions,
): Promise<{ codes: RaceReport; refreshTokens: RaceReport }> {
  const client = await registerClient(replicas.publicUrl);
  const forms = await collectCodes(replicas, client, options.races);
  const race = async (form: Record<string, string>) => await contend(replicas, form);
  const concurrentRaces = Math.max(1, Math.floor(options.concurrency / CONTENDERS));
  const codes = await timed(async () => await inTurns(forms, concurrentRaces, race));
  const winners = codes.value.flatMap((answers) => tokensOf(answers).slice(0, 1));
  const refreshes = winners.map((token) => refreshRequest(client, token));
  const refreshed = await timed(async () => await inTurns(refreshes, concurrentRaces, race));
  return {
    codes: report(codes, CODE_LOSERS, (answers) => tokensOf(answers).length),
    refreshTokens: report(refreshed, REFRESH_LOSERS, (answers) => new Set(tokensOf(answers)).size),
  };
}

/** One after another: the simulated GitHub signs in whoever was approved last. */
async function collectCodes(replicas: Replicas, client: RegisteredClient, count: number) {
  const forms: Record<string, string>[] = [];
  const place = { publicUrl: replicas.publicUrl, github: replicas.github };
  for (let index = 0; index < count; index += 1) {
    const person = Math.floor(index / GRANTS_PER_PERSON);
    const login = `racer-${String(person)}`;
    replicas.github.putUser({ login, id: 1_000_000 + person });
    const { code, request } = await authorize(place, client, { login });
    forms.push(redemption(client, { code, codeVerifier: request.codeVerifier }));
  }
  return forms;
}

async function contend({ gateways }: Replicas, form: Record<string, string>): Promise<TokenAnswer[]> {
  return await Promise.all(
    Array.from({ length: CONTENDERS }, async (_, index) => {
      const response = await postForm(`${gateways[index % 2 === 0 ? 0 : 1]}/token`, form);
      return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
    }),
  );
}

function tokensOf(answers: readonly TokenAnswer[]): string[] {
  return answers.filter(({ status }) => status === 200).map(({ body }) => body.refresh_token ?? '');
}

function report(
  { value, seconds }: { value: readonly TokenAnswer[][]; seconds: number },
  losers: ReadonlySet<string>,
  successes: (answers: readonly TokenAnswer[]) => number,
): RaceReport {
  const answers = value.flat().filter(({ status }) => status !== 200);
  const named = answers.map(({ status, body }) => `${String(status)} ${body.error ?? 'without error'}`);
  return {
    races: value.length,
    forked: value.filter((race) => successes(race) > 1).length,
    lost: value.filter((race) => successes(race) === 0).length,
    unexpected: [...new Set(named.filter((name) => !losers.has(name)))],
    seconds,
  };
}

/** Runs `task` for every item, at most `atOnce` at a time. */
async function inTurns<T, R>(
  items: readonly T[],
  atOnce: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const runner = async () => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
  return results;
}

async function timed<T>(task: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startedAt = performance.now();
  const value = await task();
  return { value, seconds: (performance.now() - startedAt) / 1000 };
}
