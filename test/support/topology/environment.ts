import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { DEMO_OAUTH_APP } from '../../github-simulator/index.ts';

/** Every test comes from one address. */
const NO_LIMITS = {
  REGISTRATION_LIMIT: '1000000',
  AUTHORIZATION_LIMIT: '10000000',
  TOKEN_LIMIT: '10000000',
} as const;

/** Where the gateways and workers of one topology are. */
export interface Place {
  readonly publicUrl: string;
  readonly stateDir: string;
  readonly github: Pick<GitHubSimulator, 'webBase' | 'apiBase'>;
}

/**
 * What gateways and workers need to know of their place: the one way in which tests, benches and races configure the product,
 * in this process or as processes.
 */
export function gatewayEnvironment(
  place: Place,
  { port, workerUrls }: { readonly port: number; readonly workerUrls: readonly string[] },
): Record<string, string> {
  return {
    ...common(place),
    ...NO_LIMITS,
    MCP_HTTP_PORT: String(port),
    GITHUB_OAUTH_CLIENT_ID: DEMO_OAUTH_APP.clientId,
    GITHUB_OAUTH_CLIENT_SECRET: DEMO_OAUTH_APP.clientSecret,
    WORKER_URLS: workerUrls.join(','),
  };
}

export function workerEnvironment(place: Place, port: number): Record<string, string> {
  return { ...common(place), WORKER_PORT: String(port) };
}

function common({ publicUrl, stateDir, github }: Place) {
  return {
    PUBLIC_URL: publicUrl,
    STATE_DIR: stateDir,
    GITHUB_WEB_URL: github.webBase,
    GITHUB_API_URL: github.apiBase,
    OPS_PORT: '0',
  };
}

/** Loopback URLs of ports. */
export function urlsOf(ports: readonly number[]): readonly string[] {
  return ports.map((port) => `http://127.0.0.1:${String(port)}`);
}
