import { createServer } from 'node:http';
import type { Server } from 'node:http';
import express from 'express';
import type { Express } from 'express';
import { systemClock } from '../../shared/clock.ts';
import type { Clock } from '../../shared/clock.ts';
import { mountAccessToken } from './access-token.ts';
import { createApiGate } from './api-caller.ts';
import { mountApi } from './api.ts';
import { mountApplications } from './applications.ts';
import { mountAuthorize } from './authorize.ts';
import { createAdjustableClock } from './clock.ts';
import { mountControl } from './control.ts';
import type { SimulatorControl } from './control.ts';
import { DEFAULT_SEED } from './defaults.ts';
import { createFaults } from './faults.ts';
import { createJournal } from './journal.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRepositories } from './repositories.ts';
import type { Repositories } from './repositories.ts';
import type { Bases } from './access.ts';
import { readRawBody } from './request.ts';
import { createControl } from './simulator-control.ts';
import type { SimulatorParts } from './simulator-control.ts';
import { createState } from './state.ts';
import type { SimulatorSeed } from './state.ts';
import { homePage } from './home-page.ts';

export interface GitHubSimulatorOptions {
  /** Ports on 127.0.0.1; 0 or absent takes a free one. */
  readonly webPort?: number;
  readonly apiPort?: number;
  readonly controlPort?: number;
  readonly clock?: Clock;
  readonly seed?: SimulatorSeed;
  /** Primary rate limit per user. Default 5000. */
  readonly rateLimitPerHour?: number;
}

export interface GitHubSimulator extends SimulatorControl {
  readonly webBase: string;
  readonly apiBase: string;
  /** Ends in `/_control`. */
  readonly controlBase: string;
  readonly clock: Clock;
  close(): Promise<void>;
}

const GITHUB_REQUESTS_PER_HOUR = 5000;

/** Starts the three listeners on loopback; nothing is kept beyond `close`. */
export async function startGitHubSimulator(options: GitHubSimulatorOptions = {}): Promise<GitHubSimulator> {
  const seed = options.seed ?? DEFAULT_SEED;
  const clock = createAdjustableClock(options.clock ?? systemClock);
  const state = createState(seed);
  const parts = { state, seed, clock, journal: createJournal(clock), faults: createFaults() };
  const control = createControl(parts);
  const repositories = createRepositories(seed.repositories ?? []);
  const bases = { web: '', api: '' };
  const servers: Server[] = [];
  const open = async (app: Express, port: number | undefined): Promise<string> => {
    const server = createServer(app);
    servers.push(server);
    return listen(server, port ?? 0);
  };
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
    await repositories.close();
  };
  try {
    bases.web = await open(
      createWeb(parts, () => bases.web),
      options.webPort,
    );
    const perHour = options.rateLimitPerHour ?? GITHUB_REQUESTS_PER_HOUR;
    bases.api = await open(createApi(parts, { perHour, repositories, bases: () => bases }), options.apiPort);
    const controlBase = `${await open(createControlApp(control), options.controlPort)}/_control`;
    return { ...control, webBase: bases.web, apiBase: bases.api, controlBase, clock, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createWeb({ state, clock, journal, faults }: SimulatorParts, webBase: () => string): Express {
  const app = createApp();
  app.use(readRawBody, journal.record('web'), faults.inject('web'));
  app.get('/', (_request, response) => {
    response.send(homePage(webBase(), state));
  });
  mountAuthorize(app, { state, clock, issuer: () => `${webBase()}/login/oauth` });
  mountAccessToken(app, { state, clock });
  return app;
}

interface ApiParts {
  readonly perHour: number;
  readonly repositories: Repositories;
  readonly bases: () => Bases;
}

function createApi(
  { state, clock, journal, faults }: SimulatorParts,
  { perHour, repositories, bases }: ApiParts,
): Express {
  const app = createApp();
  const gate = createApiGate(state, clock);
  const rateLimit = createRateLimit({ state, clock, caller: gate.caller, perHour });
  app.use(readRawBody, journal.record('api'), faults.inject('api'), gate.check);
  mountApplications(app, { state, clock });
  mountApi(app, { gate, rateLimit, state, repositories, bases });
  return app;
}

function createControlApp(control: SimulatorControl): Express {
  const app = createApp();
  mountControl(app, control);
  return app;
}

function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  return app;
}

async function listen(server: Server, port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => {
    resolve(undefined);
  });
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return `http://127.0.0.1:${String(address.port)}`;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => {
    resolve(undefined);
  });
  server.closeAllConnections();
  await promise;
}
