import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { startGitHubSimulator } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { registerClient, signIn } from '../../support/oauth-client.ts';
import type { RedisServer } from '../../support/redis.ts';
import { redisEnvironment, startRedis } from '../../support/redis.ts';
import { freePorts } from '../../support/free-ports.ts';
import { gatewayEnvironment } from '../../support/topology/environment.ts';
import type { Measured } from '../support/load.ts';
import { measure } from '../support/load.ts';
import type { Pinned } from '../support/pinned.ts';
import { startPinned } from '../support/pinned.ts';

/** The server under test has this core; Redis and the load have the other. */
export const SERVER_CORE = 0;
const AT_ONCE = 32;

/** One of those compared: where it is, and the refresh tokens its clients hold. */
export interface Contender {
  readonly name: string;
  readonly pool: Pool;
  readonly clientId: string;
  /** The newest refresh token of each client; replaced at every refresh. */
  readonly tokens: string[];
}

/** Our gateway, one process, with Redis and everything on. */
export interface Ours {
  readonly folder: string;
  readonly publicUrl: string;
  readonly redis: RedisServer;
  readonly github: GitHubSimulator;
  /** Signs people in at one client. */
  contender(people: number): Promise<Contender>;
  stop(): Promise<void>;
}

let people = 0;

/** A person nobody was before: GitHub and we both bound what one person may have. */
export function newPerson(github: GitHubSimulator): string {
  people += 1;
  const login = `bench-${String(people)}`;
  github.putUser({ login, id: 2_000_000 + people });
  return login;
}

export async function startOurs(): Promise<Ours> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-token-'));
  const redis = await startRedis();
  // Every sign-in asks for a token: GitHub's own cap for an app is not what is measured.
  const github = await startGitHubSimulator({ tokenRequestsPerHour: 1_000_000 });
  const [port = 0] = await freePorts(1);
  const publicUrl = `http://localhost:${String(port)}`;
  const place = { publicUrl, stateDir: folder, github };
  const env = gatewayEnvironment(place, { port, workerUrls: ['http://127.0.0.1:1'] });
  const gateway = await startPinned('gateway/main.ts', { ...redisEnvironment(redis), ...env }, SERVER_CORE);
  return {
    folder,
    publicUrl,
    redis,
    github,
    contender: async (count) => {
      const client = await registerClient(publicUrl);
      const tokens: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const signedIn = await signIn(place, { client, login: newPerson(github) });
        tokens.push(signedIn.tokens.refresh_token);
      }
      const pool = new Pool(publicUrl, { connections: AT_ONCE });
      return { name: 'ours', pool, clientId: client.clientId, tokens };
    },
    stop: async () => {
      await gateway.stop();
      await github.close();
      await redis.stop();
    },
  };
}

/** The stock library with the community's storage pattern, on the same core, with a Redis of its own. */
export async function startStock(): Promise<Pinned & { readonly url: string }> {
  const redis = await startRedis();
  const env = { REDIS_PORT: String(redis.port) };
  const server = await startPinned('test/bench/token/stock-server.ts', env, SERVER_CORE);
  const port = /"port":(\d+)/.exec(server.log())?.[1] ?? '';
  return {
    ...server,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await server.stop();
      await redis.stop();
    },
  };
}

export async function seedStock(stock: { readonly url: string }, count: number): Promise<Contender> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const response = await fetch(`${stock.url}/seed`);
    tokens.push(await response.text());
  }
  const pool = new Pool(stock.url, { connections: AT_ONCE });
  return { name: 'stock library', pool, clientId: 'bench', tokens };
}

/** Each client refreshes with its newest token, as fast as answers come. */
export async function refreshesOf(
  contender: Contender,
  { runMs, atOnce = AT_ONCE }: { runMs: number; atOnce?: number },
): Promise<Measured> {
  const idle = contender.tokens.map((_, index) => index);
  return await measure(
    async () => {
      const client = idle.shift();
      if (client === undefined) throw new Error('more refreshes at once than clients');
      await refresh(contender, client);
      idle.push(client);
    },
    { atOnce, warmUpMs: 1_500, runMs },
  );
}

/** Refreshes once and keeps the successor. @throws when the answer is no token */
export async function refresh(contender: Contender, client: number): Promise<void> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: contender.tokens[client] ?? '',
    client_id: contender.clientId,
  });
  const { statusCode, body } = await contender.pool.request({
    path: '/token',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const answer = (await body.json()) as { refresh_token?: string };
  if (statusCode !== 200 || answer.refresh_token === undefined) {
    throw new Error(`${contender.name} answered ${String(statusCode)}: ${JSON.stringify(answer)}`);
  }
  contender.tokens[client] = answer.refresh_token;
}
