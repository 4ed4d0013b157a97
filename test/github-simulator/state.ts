import { GITHUB_CONTENT_LIMITS } from './content-limits.ts';
import type { ContentLimits } from './content-limits.ts';
import type { SimulatedRepository } from './repositories.ts';

export interface SimulatedUser {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  readonly emailVerified: boolean;
  readonly suspended: boolean;
  readonly twoFactorAuthentication: boolean;
}

export interface SimulatedApp {
  readonly id: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly kind: 'oauth-app' | 'github-app';
  /** The first is the registered callback that errors go to. */
  readonly redirectUris: readonly string[];
  /** The app-wide setting of an OAuth App; a GitHub App keeps it on unless it opted out. */
  readonly expiringTokens: boolean;
  readonly suspended: boolean;
}

export interface AuthorizationCode {
  readonly clientId: string;
  readonly userId: number;
  /** As sent on the first leg; undefined when it was left out. */
  readonly redirectUri: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly scopes: readonly string[];
  /** `offline_access` was asked for. */
  readonly offline: boolean;
  readonly expiresAt: number;
}

/** An access token with the refresh token it was issued with; they live and die together. */
export interface TokenRecord {
  readonly id: number;
  readonly accessToken: string;
  readonly clientId: string;
  readonly userId: number;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly refresh: { readonly token: string; readonly expiresAt: number } | undefined;
}

/** Who clicks on the sign-in page when no person does. */
export interface AutoApproval {
  readonly login: string;
  /** Grants at most these scopes. */
  readonly scopes?: readonly string[] | undefined;
  /** Denies instead. */
  readonly deny?: boolean | undefined;
}

/** A rule of an organization that keeps callers from its repositories. */
export type OwnerPolicy = 'sso' | 'oauth-app-restriction' | 'ip-allow-list';

export interface SimulatorSeed {
  readonly users: readonly SimulatedUser[];
  readonly apps: readonly SimulatedApp[];
  readonly repositories?: readonly SimulatedRepository[];
}

export interface SimulatorState {
  readonly users: Map<number, SimulatedUser>;
  readonly apps: Map<string, SimulatedApp>;
  readonly codes: Map<string, AuthorizationCode>;
  /** By access token. */
  readonly tokens: Map<string, TokenRecord>;
  /** Every scope a user ever granted an app, by `clientId userId`. */
  readonly grants: Map<string, Set<string>>;
  /** By owner in lower case. */
  readonly ownerPolicies: Map<string, OwnerPolicy>;
  contentLimits: ContentLimits;
  /** Requests counted in the running hour or minute, by bucket. */
  readonly rates: Map<string, { used: number; resetAt: number }>;
  autoApproval: AutoApproval | null;
  /** Whether callbacks carry `iss` (RFC 9207), as github.com's do. */
  sendsIssuer: boolean;
}

export function createState(seed: SimulatorSeed): SimulatorState {
  const state: SimulatorState = {
    users: new Map(),
    apps: new Map(),
    codes: new Map(),
    tokens: new Map(),
    grants: new Map(),
    rates: new Map(),
    ownerPolicies: new Map(),
    contentLimits: GITHUB_CONTENT_LIMITS,
    autoApproval: null,
    sendsIssuer: true,
  };
  seedState(state, seed);
  return state;
}

/** Forgets everything that happened and starts again from the seed. */
export function seedState(state: SimulatorState, seed: SimulatorSeed): void {
  const { users, apps, codes, tokens, grants, rates, ownerPolicies } = state;
  for (const part of [users, apps, codes, tokens, grants, rates, ownerPolicies]) part.clear();
  state.contentLimits = GITHUB_CONTENT_LIMITS;
  for (const user of seed.users) state.users.set(user.id, user);
  for (const app of seed.apps) state.apps.set(app.clientId, app);
  state.autoApproval = null;
  state.sendsIssuer = true;
}

/** Logins are case-insensitive at GitHub. */
export function findUser(state: SimulatorState, login: string): SimulatedUser | undefined {
  const wanted = login.toLowerCase();
  return [...state.users.values()].find((user) => user.login.toLowerCase() === wanted);
}

export function grantOf(state: SimulatorState, clientId: string, userId: number): Set<string> {
  const key = `${clientId} ${String(userId)}`;
  const existing = state.grants.get(key);
  if (existing !== undefined) return existing;
  const created = new Set<string>();
  state.grants.set(key, created);
  return created;
}
