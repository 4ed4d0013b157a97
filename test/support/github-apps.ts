import { DEMO_GITHUB_APP, DEMO_OAUTH_APP } from '../github-simulator/index.ts';

/** The two kinds of app people sign in with at GitHub, as the simulator knows them. */
export const APP_KINDS = ['OAuth App', 'GitHub App'] as const;

export type AppKind = (typeof APP_KINDS)[number];

/** What a gateway is configured with for an app of the kind. */
export function appEnvironment(kind: AppKind): Record<string, string> {
  if (kind === 'OAuth App') return {};
  return {
    GITHUB_OAUTH_CLIENT_ID: DEMO_GITHUB_APP.clientId,
    GITHUB_OAUTH_CLIENT_SECRET: DEMO_GITHUB_APP.clientSecret,
    GITHUB_OAUTH_SCOPES: 'none',
  };
}

export function appClientId(kind: AppKind): string {
  return kind === 'OAuth App' ? DEMO_OAUTH_APP.clientId : DEMO_GITHUB_APP.clientId;
}
