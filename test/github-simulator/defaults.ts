import { HELLO_WORLD, HELLO_WORLD_NEXT, PLATFORM, SECRET_PLANS } from './fixture-files.ts';
import type { OrganizationSeed } from './organization-seed.ts';
import type { SimulatedRepository } from './repositories.ts';
import type { SimulatedApp, SimulatedUser, SimulatorSeed } from './state.ts';

/** Callbacks of the gateway on this machine; loopback callbacks match with any port. */
const GATEWAY_CALLBACKS = [
  'http://localhost/auth/callback',
  'http://127.0.0.1/auth/callback',
  'http://[::1]/auth/callback',
  'https://localhost/auth/callback',
  'https://127.0.0.1/auth/callback',
] as const;

/** The app the demo signs in with. Neither value opens anything outside the simulator. */
export const DEMO_OAUTH_APP = {
  id: 1001,
  clientId: 'Ov23simulated0000001',
  clientSecret: 'simulated-oauth-app-secret-0000000001',
  name: 'octocode gateway (simulated OAuth App)',
  kind: 'oauth-app',
  redirectUris: GATEWAY_CALLBACKS,
  expiringTokens: false,
  suspended: false,
  deviceFlow: true,
} as const satisfies SimulatedApp;

/** The same as a GitHub App: no scopes, tokens of 8 hours with refresh tokens. */
export const DEMO_GITHUB_APP = {
  id: 1002,
  clientId: 'Iv1.simulated0000001',
  clientSecret: 'simulated-github-app-secret-000000001',
  name: 'octocode gateway (simulated GitHub App)',
  kind: 'github-app',
  redirectUris: GATEWAY_CALLBACKS,
  expiringTokens: true,
  suspended: false,
  deviceFlow: true,
} as const satisfies SimulatedApp;

export const OCTOCAT = {
  id: 583231,
  login: 'octocat',
  name: 'The Octocat',
  emailVerified: true,
  suspended: false,
  twoFactorAuthentication: true,
} as const satisfies SimulatedUser;

export const HUBOT = {
  id: 480938,
  login: 'hubot',
  name: 'Hubot',
  emailVerified: true,
  suspended: false,
  twoFactorAuthentication: false,
} as const satisfies SimulatedUser;

/** A public one with every kind of entry, a private one, an empty one, and one of an organization. */
const REPOSITORIES: readonly SimulatedRepository[] = [
  {
    id: 2001,
    owner: 'octocat',
    name: 'hello-world',
    private: false,
    members: ['octocat'],
    branches: { main: HELLO_WORLD, 'feature/next': HELLO_WORLD_NEXT },
    tags: { 'v1.0.0': 'main' },
  },
  {
    id: 2002,
    owner: 'octocat',
    name: 'secret-plans',
    private: true,
    members: ['octocat'],
    branches: { main: SECRET_PLANS },
  },
  { id: 2003, owner: 'octocat', name: 'empty', private: false, members: ['octocat'], branches: {} },
  {
    id: 2004,
    owner: 'acme',
    name: 'platform',
    private: true,
    members: ['octocat', 'hubot'],
    branches: { main: PLATFORM },
  },
];

const ACME: OrganizationSeed = {
  id: 9919,
  login: 'acme',
  members: { octocat: 'member', hubot: 'member' },
  teams: [{ id: 3001, name: 'Platform', slug: 'platform', members: ['octocat'] }],
};

export const DEFAULT_SEED: SimulatorSeed = {
  users: [OCTOCAT, HUBOT],
  apps: [DEMO_OAUTH_APP, DEMO_GITHUB_APP],
  repositories: REPOSITORIES,
  organizations: [ACME],
};
