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
  /** Requests that took part. */
  readonly requests: number;
  /** Codes that gave more than one token answer, or refresh tokens with more than one successor. */
  readonly forked: number;
  /** Races nobody won. */
  readonly lost: number;
  /** Answers that were neither a success nor what a loser may get, `status error`, each once. */
  readonly unexpected: readonly string[];
  readonly seconds: number;
}

/** How both kinds ended, and how the clients that took part fared. */
export interface RacesReport {
  readonly codes: RaceReport;
  readonly refreshTokens: RaceReport;
  /** Clients whose newest refresh token was used once more when all races were over, and did not work. */
  readonly loggedOut: number;
  readonly clients: number;
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
/** Fewer than one person may have at one client, and than the tokens GitHub keeps of one person. */
const GRANTS_PER_PERSON = 10;
/** Codes live for a minute: they are collected and redeemed in rounds. */
const RACES_PER_ROUND = 100;
/** A loser of a parallel redemption (RFC 6749 §5.2), and a gateway that asks to try again. */
const CODE_LOSERS = new Set(['400 invalid_grant']);
const REFRESH_LOSERS = new Set(['503 temporarily_unavailable']);

interface Timed<T> {
  readonly value: T;
  readonly seconds: number;
}
type Races = Timed<TokenAnswer[][]>;

interface Round {
  readonly codes: Races;
  readonly refreshTokens: Races;
  /** What each client holds in the end. */
  readonly newest: readonly string[];
}

/**
 * Redeems `races` codes, each by four requests at once, then uses each refresh token won the same way; at last every
 * client refreshes once more by itself. All requests go straight to the gateways, every second one to the other.
 */
export async function runRaces(
  replicas: Replicas,
  { races, concurrency }: RaceOptions,
): Promise<RacesReport> {
  const client = await registerClient(replicas.publicUrl);
  const rounds: Round[] = [];
  for (let first = 0; first < races; first += RACES_PER_ROUND) {
    const count = Math.min(RACES_PER_ROUND, races - first);
    const forms = await collectCodes(replicas, client, { first, count });
    rounds.push(await runRound(replicas, { client, forms, concurrency }));
  }
  const newest = rounds.flatMap((round) => round.newest);
  const last = await inTurns([...newest.entries()], concurrency, async ([index, token]) => {
    return await send(replicas, index, refreshRequest(client, token));
  });
  return {
    codes: report(
      rounds.map(({ codes }) => codes),
      { losers: CODE_LOSERS, successes: (answers) => tokensOf(answers).length },
    ),
    refreshTokens: report(
      rounds.map(({ refreshTokens }) => refreshTokens),
      { losers: REFRESH_LOSERS, successes: (answers) => new Set(tokensOf(answers)).size },
    ),
    loggedOut: last.filter(({ status }) => status !== 200).length,
    clients: newest.length,
  };
}

async function runRound(
  replicas: Replicas,
  of: { client: RegisteredClient; forms: readonly Record<string, string>[]; concurrency: number },
): Promise<Round> {
  const race = async (form: Record<string, string>) => await contend(replicas, form);
  const atOnce = Math.max(1, Math.floor(of.concurrency / CONTENDERS));
  const codes = await timed(async () => await inTurns(of.forms, atOnce, race));
  const won = codes.value.flatMap((answers) => tokensOf(answers).slice(0, 1));
  const refreshes = won.map((token) => refreshRequest(of.client, token));
  const refreshTokens = await timed(async () => await inTurns(refreshes, atOnce, race));
  const newest = won.map((token, index) => tokensOf(refreshTokens.value[index] ?? [])[0] ?? token);
  return { codes, refreshTokens, newest };
}

/** One person after another, whose sign-ins run at once: the simulated GitHub signs in whoever was approved last. */
async function collectCodes(
  { publicUrl, github }: Replicas,
  client: RegisteredClient,
  { first, count }: { first: number; count: number },
) {
  const forms: Record<string, string>[] = [];
  while (forms.length < count) {
    const person = (first + forms.length) / GRANTS_PER_PERSON;
    const login = `racer-${String(person)}`;
    github.putUser({ login, id: 1_000_000 + person });
    const signIns = Array.from({ length: Math.min(GRANTS_PER_PERSON, count - forms.length) }, async () => {
      const { code, request, back } = await authorize({ publicUrl, github }, client, { login });
      if (code === '') throw new Error(`no code: ${String(back.status)} ${back.location ?? back.text}`);
      return redemption(client, { code, codeVerifier: request.codeVerifier });
    });
    forms.push(...(await Promise.all(signIns)));
  }
  return forms;
}

async function contend(replicas: Replicas, form: Record<string, string>): Promise<TokenAnswer[]> {
  return await Promise.all(
    Array.from({ length: CONTENDERS }, async (_, index) => await send(replicas, index, form)),
  );
}

/** Requests with an even number go to one gateway, the others to the other. */
async function send(
  { gateways }: Replicas,
  index: number,
  form: Record<string, string>,
): Promise<TokenAnswer> {
  const response = await postForm(`${gateways[index % 2 === 0 ? 0 : 1]}/token`, form);
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
}

function tokensOf(answers: readonly TokenAnswer[]): string[] {
  return answers.filter(({ status }) => status === 200).map(({ body }) => body.refresh_token ?? '');
}

function report(
  rounds: readonly Races[],
  {
    losers,
    successes,
  }: { losers: ReadonlySet<string>; successes: (answers: readonly TokenAnswer[]) => number },
): RaceReport {
  const races = rounds.flatMap(({ value }) => value);
  const failures = races.flat().filter(({ status }) => status !== 200);
  const named = failures.map(({ status, body }) => `${String(status)} ${body.error ?? 'without error'}`);
  return {
    races: races.length,
    requests: races.flat().length,
    forked: races.filter((race) => successes(race) > 1).length,
    lost: races.filter((race) => successes(race) === 0).length,
    unexpected: [...new Set(named.filter((name) => !losers.has(name)))],
    seconds: rounds.reduce((sum, { seconds }) => sum + seconds, 0),
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

async function timed<T>(task: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const value = await task();
  return { value, seconds: (performance.now() - startedAt) / 1000 };
}
