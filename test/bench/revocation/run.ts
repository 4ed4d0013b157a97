// `npm run bench -- revocation`: how long after a revocation was asked for do two gateways and four workers refuse, while
// calls run over them. Every process is asked directly, again and again, until it refuses. The last line is JSON.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { decodeJwt } from 'jose';
import { Pool } from 'undici';
import { createGatewayContextSigner, GATEWAY_CONTEXT_HEADER } from '../../../shared/gateway-context/index.ts';
import { fixedSecret } from '../../../shared/secrets/index.ts';
import { systemClock } from '../../../shared/clock.ts';
import { startGitHubSimulator } from '../../github-simulator/index.ts';
import type { RegisteredClient, Tokens } from '../../support/oauth-client.ts';
import { postForm, registerClient, signIn } from '../../support/oauth-client.ts';
import { redisEnvironment, startRedis } from '../../support/redis.ts';
import { freePorts } from '../../support/free-ports.ts';
import { gatewayEnvironment, urlsOf, workerEnvironment } from '../../support/topology/environment.ts';
import { newPerson } from '../token/contenders.ts';
import { print, quantile } from '../support/load.ts';
import { startPinned } from '../support/pinned.ts';

const WORKERS = 4;
const REVOCATIONS = 200;
const LOAD_PER_SECOND = 100;
const ASK_EVERY_MS = 2;
const GIVE_UP_MS = 10_000;
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

/** A process that is asked until it refuses. */
interface Asked {
  readonly pool: Pool;
  readonly needsContext: boolean;
}

export async function runRevocationBench(words: readonly string[]): Promise<void> {
  const revocations = words.includes('--quick') ? 20 : REVOCATIONS;
  const closers: (() => Promise<void>)[] = [];
  try {
    const place = await startProcesses(closers);
    const client = await registerClient(place.publicUrl);
    const loaders = await people(place, client, 10);
    const stopLoad = startLoad(
      place.asked.filter(({ needsContext }) => !needsContext),
      loaders,
    );
    const times: number[] = [];
    for (let index = 0; index < revocations; index += 1) {
      const [person] = await people(place, client, 1);
      if (person !== undefined) times.push(await timeUntilRefused(place, client, person));
    }
    const load = await stopLoad();
    const sorted = times.sort((left, right) => left - right);
    print(
      `${String(revocations)} revocations under ${load.toFixed(0)} calls/s: median ${quantile(sorted, 0.5).toFixed(1)} ms, slowest ${(sorted.at(-1) ?? 0).toFixed(1)} ms`,
    );
    print(JSON.stringify({ bench: 'revocation', p99_ms: Number(quantile(sorted, 0.99).toFixed(1)) }));
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function startProcesses(closers: (() => Promise<void>)[]) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-revocation-'));
  closers.push(() => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  });
  const redis = await startRedis();
  closers.push(redis.stop);
  const github = await startGitHubSimulator();
  closers.push(github.close);
  const [first = 0, second = 0, ...workerPorts] = await freePorts(2 + WORKERS);
  const publicUrl = `http://localhost:${String(first)}`;
  const keys = redisEnvironment(redis);
  const place = { publicUrl, stateDir: folder, github };
  const workerUrls = urlsOf(workerPorts);
  for (const port of [first, second]) {
    const env = { ...keys, ...gatewayEnvironment(place, { port, workerUrls }) };
    closers.push((await startPinned('gateway/main.ts', env)).stop);
  }
  for (const port of workerPorts) {
    const env = { ...keys, ...workerEnvironment(place, port) };
    closers.push((await startPinned('worker/main.ts', env)).stop);
  }
  const open = (url: string, needsContext: boolean): Asked => {
    const pool = new Pool(url, { connections: 16 });
    closers.push(async () => {
      await pool.destroy();
    });
    return { pool, needsContext };
  };
  const asked = [
    ...[first, second].map((port) => open(`http://localhost:${String(port)}`, false)),
    ...workerPorts.map((port) => open(`http://127.0.0.1:${String(port)}`, true)),
  ];
  const sign = createGatewayContextSigner({
    secret: fixedSecret(keys['WORKER_GATE_KEY'] ?? ''),
    clock: systemClock,
  });
  return { publicUrl, github, asked, sign };
}

type Place = Awaited<ReturnType<typeof startProcesses>>;

async function people(place: Place, client: RegisteredClient, count: number): Promise<Tokens[]> {
  const signedIn: Tokens[] = [];
  for (let index = 0; index < count; index += 1) {
    signedIn.push((await signIn(place, { client, login: newPerson(place.github) })).tokens);
  }
  return signedIn;
}

/** From sending the revocation to the first refusal of the last process (ms). */
async function timeUntilRefused(place: Place, client: RegisteredClient, person: Tokens): Promise<number> {
  const gid = String(decodeJwt(person.access_token)['gid']);
  const context = await place.sign(gid, { gid, tools: ['*'] });
  const before = await Promise.all(place.asked.map(async (each) => await ask(each, person, context)));
  if (before.some((status) => status !== 405))
    throw new Error(`a process refused too early: ${before.join(' ')}`);
  const startedAt = performance.now();
  const refusals = place.asked.map(async (each) => {
    while (performance.now() - startedAt < GIVE_UP_MS) {
      if ((await ask(each, person, context)) === 401) return performance.now() - startedAt;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
    return GIVE_UP_MS;
  });
  const form = { token: person.refresh_token, client_id: client.clientId };
  const revoked = await postForm(`${place.publicUrl}/revoke`, form);
  if (revoked.status !== 200)
    throw new Error(`the revocation was answered ${String(revoked.status)}: ${await revoked.text()}`);
  return Math.max(...(await Promise.all(refusals)));
}

/** 401 once the token is refused; 405 before, because authentication comes first. Cheap, so that asking is no load. */
async function ask({ pool, needsContext }: Asked, { access_token: token }: Tokens, context: string) {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (needsContext) headers[GATEWAY_CONTEXT_HEADER] = context;
  const { statusCode, body } = await pool.request({ path: '/mcp', method: 'GET', headers });
  await body.dump();
  return statusCode;
}

async function call({ pool }: Asked, { access_token: token }: Tokens): Promise<void> {
  const { body } = await pool.request({
    path: '/mcp',
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: LIST,
  });
  await body.dump();
}

/** Calls over the gateways at a steady rate; the function returned stops them and answers the rate reached. */
function startLoad(gateways: readonly Asked[], loaders: readonly Tokens[]): () => Promise<number> {
  const startedAt = performance.now();
  const pending = new Set<Promise<unknown>>();
  let sent = 0;
  const timer = setInterval(
    () => {
      const [gateway, person] = [gateways[sent % gateways.length], loaders[sent % loaders.length]];
      sent += 1;
      if (gateway === undefined || person === undefined) return;
      const answered = call(gateway, person).catch(() => undefined);
      pending.add(answered);
      void answered.finally(() => pending.delete(answered));
    },
    Math.floor(1000 / LOAD_PER_SECOND),
  );
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    return (sent / (performance.now() - startedAt)) * 1000;
  };
}
