import type { GitHubConnection } from '../../shared/github/index.ts';
import type { Resource } from '../../shared/resources.ts';
import { resourcesOf } from '../../shared/resources.ts';
import type { GatewayConfig } from './load-config.ts';
import type { GatewaySecrets } from './secrets.ts';

/** One MCP back end: what is protected, the GitHub whose people use it, and the workers that answer. */
export interface Backend {
  readonly resource: Resource;
  readonly github: Pick<GitHubConnection, 'host' | 'app' | 'redirectUri'> & {
    readonly readClientSecret: () => string;
  };
  readonly workerUrls: readonly string[];
}

/** The first one is asked for when a request names none (RFC 8707 §2). */
export type Backends = readonly [Backend, ...Backend[]];

/** There is configuration for one. */
export function configuredBackends(config: GatewayConfig, { readClientSecret }: GatewaySecrets): Backends {
  const { github: host, githubOauthClientId: app, githubOauthRedirectUri: redirectUri, workerUrls } = config;
  const [resource] = resourcesOf(config.publicUrl);
  return [{ resource, github: { host, app, redirectUri, readClientSecret }, workerUrls }];
}
