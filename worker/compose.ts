import { createAccessTokenVerifier, createJwksSource } from '../shared/access-token/index.ts';
import { createGatewayContextVerifier } from '../shared/gateway-context/index.ts';
import { createGitHubApi } from '../shared/github/index.ts';
import type { ConnectionRules } from '../shared/listener/index.ts';
import { connectionLimit } from '../shared/listener/index.ts';
import { createOutgoingHttp } from '../shared/outgoing-http/index.ts';
import type { OutgoingHttp } from '../shared/outgoing-http/index.ts';
import type { Service, ServiceDeps } from '../shared/process/index.ts';
import type { Resource } from '../shared/resources.ts';
import { resourcesOf } from '../shared/resources.ts';
import type { RevocationFeed } from '../shared/revocation/index.ts';
import { followRevocations, REVOCATION_KEEP_MS } from '../shared/revocation/index.ts';
import type { Store } from '../shared/store/index.ts';
import { keys, openStore } from '../shared/store/index.ts';
import { createCredentialReader } from '../shared/vault/index.ts';
import { USER_AGENT, VERSION } from '../shared/version.ts';
import { createWorkerApp } from './app.ts';
import type { WorkerConfig } from './config.ts';
import { createMcpServing } from './mcp-handler.ts';
import { openWorkerSecrets } from './secrets.ts';

const JWKS_TIMEOUT_MS = 2_000;
const JWKS_MAX_BYTES = 256 * 1024;

/** Builds a worker from its configuration; opens files and the store, but no port. */
export async function composeWorker(
  config: WorkerConfig,
  deps: ServiceDeps,
  resource: Resource = resourcesOf(config.publicUrl)[0],
): Promise<Service> {
  const { clock, events, logger } = deps;
  const secrets = openWorkerSecrets(config, deps);
  const store = await openStore(config, deps);
  const feed = store.openFeed(keys.revocations(), REVOCATION_KEEP_MS);
  const revocations = await followRevocations({ feed, clock });
  const { httpsProxy, noProxy, extraCa } = config;
  const http = createOutgoingHttp({ httpsProxy, noProxy, extraCa, userAgent: USER_AGENT });
  const mcp = createMcpServing({ version: VERSION, logger });
  const { vaultRing, gateKey } = secrets;
  secrets.followProxy(http);
  const app = createWorkerApp({
    resource,
    verify: createAccessTokenVerifier({
      issuer: config.publicUrl,
      audience: resource.identifier,
      findKey: createJwksSource({
        fetchJwks: async () => await fetchJwks(http, config.jwksUrl),
        clock,
        onChange: onEndedKey(revocations),
      }),
      clock,
      isRevoked: revocations.isRevoked,
    }),
    verifyContext: createGatewayContextVerifier({ secret: gateKey, clock }),
    credentials: createCredentialReader({ store, vaultRing, githubHost: config.github.key, clock }),
    github: createGitHubApi({
      host: config.github,
      http,
      apiVersion: config.githubApiVersion,
      onAnswer: (answer) => {
        events.emit({ type: 'github.call.finished', ...answer });
      },
    }),
    reportRefusal: reportRefusals(store, config.github.key, deps),
    githubHost: config.github.key,
    mcp,
    logger,
  });
  return {
    app,
    edge: { connections: gatewaysOnly(connectionLimit(undefined)) },
    sideListeners: [],
    checkStore: store.ping,
    feedAgeSeconds: revocations.ageSeconds,
    olderKeyUses: () => ({ VAULT_KEYS: vaultRing.olderUses() }),
    close: async () => {
      secrets.close();
      await mcp.close();
      await http.close();
      await revocations.close();
      await store.close();
    },
  };
}

/** Tells gateways of a credential that GitHub refused. */
function reportRefusals(store: Store, githubHost: string, { clock, logger }: ServiceDeps) {
  return async (grantId: string) => {
    try {
      await store.addMember(keys.refusedCredentials(githubHost), grantId, clock.now());
    } catch (error) {
      // The call fails either way, and the next one reports again.
      logger.warn({ err: error }, 'a refused credential could not be reported');
    }
  };
}

/** A worker's peers are a few gateways with many connections each. */
function gatewaysOnly(max: number): ConnectionRules {
  return { max, maxPerAddress: max, groupOf: () => undefined };
}

/** A key that was ended in an emergency has a successor, which calls may carry at once. */
function onEndedKey({ onRevoked }: RevocationFeed) {
  return (listener: () => void) => {
    onRevoked((kinds) => {
      if (kinds.has('signing-key')) listener();
    });
  };
}

async function fetchJwks(http: OutgoingHttp, url: string): Promise<unknown> {
  const { status, body } = await http.request({
    url,
    method: 'GET',
    headers: { accept: 'application/json' },
    timeoutMs: JWKS_TIMEOUT_MS,
    maxBytes: JWKS_MAX_BYTES,
  });
  if (status !== 200) throw new Error(`the JWKS was answered with status ${String(status)}`);
  return JSON.parse(body.toString('utf8')) as unknown;
}
