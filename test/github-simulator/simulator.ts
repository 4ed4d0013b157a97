import { createServer } from 'node:http';
import type { Server } from 'node:http';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import { systemClock } from '../../shared/clock.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GitHubHostKind } from '../../shared/github/index.ts';
import { mountAccessToken } from './access-token.ts';
import { createApiGate } from './api-caller.ts';
import { mountApi } from './api.ts';
import { mountApplications } from './applications.ts';
import { mountAuthorize } from './authorize.ts';
import { createAdjustableClock } from './clock.ts';
import { mountControl } from './control.ts';
import { mountDevice } from './device.ts';
import type { SimulatorControl } from './control.ts';
import { DEFAULT_SEED } from './defaults.ts';
import { createFaults } from './faults.ts';
import { createJournal } from './journal.ts';
import { createRateLimit } from './rate-limit.ts';
import { createRepositories } from './repositories.ts';
import type { Repositories } from './repositories.ts';
import { sendNotFound } from './access.ts';
import type { Bases } from './access.ts';
import { createProfile, hostHeadersOf } from './profile.ts';
import type { SimulatorProfile } from './profile.ts';
import { readRawBody } from './request.ts';
import { createControl } from './simulator-control.ts';
import type { SimulatorParts } from './simulator-control.ts';
import { openStateFile } from './state-file.ts';
import { createState } from './state.ts';
import type { SimulatorSeed } from './state.ts';
import { createWebhookEvents } from './webhook-events.ts';
import { createWebhooks } from './webhooks.ts';
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
  /** Requests of one app to the token endpoint. Default 2000. */
  readonly tokenRequestsPerHour?: number;
  /** Whose behaviour is shown. Default `github.com`. */
  readonly profile?: GitHubHostKind | undefined;
  /** Of the profile `ghes`, like `3.19`; below 3.23 its OAuth Apps have no expiring tokens. Default 3.23. */
  readonly ghesVersion?: string | undefined;
  /** Where tokens, grants and device codes outlive the simulator. Absent, nothing does. */
  readonly stateFile?: string | undefined;
}

export interface GitHubSimulator extends SimulatorControl {
  readonly kind: GitHubHostKind;
  readonly webBase: string;
  readonly apiBase: string;
  /** Ends in `/_control`. */
  readonly controlBase: string;
  readonly clock: Clock;
  close(): Promise<void>;
}

const GITHUB_REQUESTS_PER_HOUR = 5000;
const TOKEN_REQUESTS_PER_HOUR = 2000;

/**
 * Starts the listeners on loopback: web, control, and the API where it has one of its own.
 *
 * @throws RangeError for options that contradict each other; what the state file (`openStateFile`) or listening throws.
 */
export async function startGitHubSimulator(options: GitHubSimulatorOptions = {}): Promise<GitHubSimulator> {
  const profile = createProfile({ kind: options.profile, ghesVersion: options.ghesVersion });
  if (profile.apiPath !== '' && (options.apiPort ?? 0) !== 0) {
    throw new RangeError('ghes has its API on the port of the web pages');
  }
  const bases = { web: '', api: '' };
  const parts = createParts(options, { profile, bases });
  const saveFirst =
    options.stateFile === undefined ? passOn : openStateFile(options.stateFile, parts.state).saveFirst;
  const control = createControl(parts);
  const repositories = createRepositories(parts.seed.repositories ?? []);
  const servers: Server[] = [];
  const open = async (app: Express, port: number | undefined): Promise<string> => {
    const server = createServer(app);
    servers.push(server);
    return listen(server, port ?? 0);
  };
  const close = async (): Promise<void> => {
    parts.webhooks.clear();
    await Promise.all(servers.map(closeServer));
    await repositories.close();
  };
  try {
    const perHour = options.rateLimitPerHour ?? GITHUB_REQUESTS_PER_HOUR;
    const requestsPerHour = options.tokenRequestsPerHour ?? TOKEN_REQUESTS_PER_HOUR;
    const api = createApi({ ...parts, saveFirst }, { perHour, repositories, bases: () => bases });
    const web = createWeb({ ...parts, saveFirst }, { requestsPerHour, webBase: () => bases.web });
    const isShared = profile.apiPath !== '';
    bases.web = await open(isShared ? createShared(web, api) : web, options.webPort);
    bases.api = isShared ? `${bases.web}${profile.apiPath}` : await open(api, options.apiPort);
    const controlBase = `${await open(createControlApp(control, saveFirst), options.controlPort)}/_control`;
    const { clock } = parts;
    const { web: webBase, api: apiBase } = bases;
    return { ...control, kind: profile.kind, webBase, apiBase, controlBase, clock, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface ServedParts extends SimulatorParts {
  /** Comes after the faults: what happened is saved even if the answer is lost. */
  readonly saveFirst: RequestHandler;
}

const passOn: RequestHandler = (_request, _response, next) => {
  next();
};

function createParts(
  options: GitHubSimulatorOptions,
  { profile, bases }: { readonly profile: SimulatorProfile; readonly bases: Bases },
): SimulatorParts {
  const seed = options.seed ?? DEFAULT_SEED;
  const clock = createAdjustableClock(options.clock ?? systemClock);
  const state = createState(seed, profile);
  const webhooks = createWebhooks({ state, clock, hostHeaders: () => hostHeadersOf(profile, bases.web) });
  const events = createWebhookEvents({ state, clock, webhooks, bases: () => bases });
  return { state, seed, clock, journal: createJournal(clock), faults: createFaults(), webhooks, events };
}

/** GitHub Enterprise Server: everything behind one host (github-host.ts). */
function createShared(web: Express, api: Express): Express {
  const app = createApp();
  app.use('/api/v3', api);
  // GraphQL is not simulated; its place is nothing else's.
  app.use('/api/graphql', (_request, response) => {
    sendNotFound(response);
  });
  app.use(web);
  return app;
}

function createWeb(
  { state, clock, journal, faults, saveFirst }: ServedParts,
  { requestsPerHour, webBase }: { readonly requestsPerHour: number; readonly webBase: () => string },
): Express {
  const app = createApp();
  app.use(readRawBody, journal.record('web'), faults.inject('web'), saveFirst);
  app.get('/', (_request, response) => {
    response.send(homePage(webBase(), state));
  });
  mountAuthorize(app, { state, clock, issuer: () => `${webBase()}/login/oauth` });
  mountAccessToken(app, { state, clock, requestsPerHour });
  mountDevice(app, { state, clock, webBase });
  return app;
}

interface ApiParts {
  readonly perHour: number;
  readonly repositories: Repositories;
  readonly bases: () => Bases;
}

function createApi(
  { state, clock, journal, faults, events, saveFirst }: ServedParts,
  { perHour, repositories, bases }: ApiParts,
): Express {
  const app = createApp();
  const gate = createApiGate(state, clock);
  const rateLimit = createRateLimit({ state, clock, caller: gate.caller, perHour });
  app.use(readRawBody, journal.record('api'), faults.inject('api'), saveFirst, gate.check);
  mountApplications(app, { state, clock, events, bases });
  mountApi(app, { gate, rateLimit, state, repositories, bases });
  return app;
}

function createControlApp(control: SimulatorControl, saveFirst: RequestHandler): Express {
  const app = createApp();
  app.use(saveFirst);
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
