import { GITHUB_CONTENT_LIMITS } from './content-limits.ts';
import type { ContentLimits } from './content-limits.ts';
import { seedOrganization } from './organization-seed.ts';
import type { OrganizationSeed, SimulatedOrganization } from './organization-seed.ts';
import type { SimulatorProfile } from './profile.ts';
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
  /** Whether the device flow is enabled in the app's settings. Default off. */
  readonly deviceFlow?: boolean | undefined;
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

export type DeviceDecision =
  | { readonly kind: 'approved'; readonly userId: number; readonly scopes: readonly string[] }
  | { readonly kind: 'denied' };

/** A device authorization request (RFC 8628 §3.1), from its start to the token. */
export interface DeviceCode {
  readonly deviceCode: string;
  /** As shown to the user: `WDJB-MJHT`. */
  readonly userCode: string;
  readonly clientId: string;
  /** Undefined when `scope` was left out: then everything granted before counts. */
  readonly scopes: readonly string[] | undefined;
  readonly offline: boolean;
  readonly expiresAt: number;
  /** The code was typed at `/login/device`. */
  readonly entered: boolean;
  readonly intervalSeconds: number;
  readonly lastPollAt: number | undefined;
  readonly decision: DeviceDecision | undefined;
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
  /** Minted by the device flow, or refreshed from such a token: it is refreshed without the secret. */
  readonly viaDevice: boolean;
}

/** Who clicks on the sign-in page when no person does. */
export interface AutoApproval {
  readonly login: string;
  /** Grants at most these scopes. */
  readonly scopes?: readonly string[] | undefined;
  /** Denies instead. */
  readonly deny?: boolean | undefined;
  /** Goes on when GitHub asks again, after ten new tokens in an hour. Default true; else the page is shown then. */
  readonly reauthorizes?: boolean | undefined;
}

/** Whether a GitHub App acts for an organization; every app is installed everywhere until told otherwise. */
export type InstallationState = 'active' | 'suspended' | 'deleted';

/** Where an app's webhook goes, and the secret its bodies are signed with. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** A rule of an organization that keeps callers from its repositories. */
export type OwnerPolicy = 'sso' | 'oauth-app-restriction' | 'ip-allow-list';

export interface SimulatorSeed {
  readonly users: readonly SimulatedUser[];
  readonly apps: readonly SimulatedApp[];
  readonly repositories?: readonly SimulatedRepository[];
  readonly organizations?: readonly OrganizationSeed[];
}

export interface SimulatorState {
  readonly profile: SimulatorProfile;
  readonly users: Map<number, SimulatedUser>;
  readonly apps: Map<string, SimulatedApp>;
  readonly codes: Map<string, AuthorizationCode>;
  /** By device code. */
  readonly deviceCodes: Map<string, DeviceCode>;
  /** By access token. */
  readonly tokens: Map<string, TokenRecord>;
  /** Tokens that were ended before they expired, by access token: GitHub still knows whose they were. */
  readonly endedTokens: Map<string, TokenRecord>;
  /** Every scope a user ever granted an app, by `clientId userId`. */
  readonly grants: Map<string, Set<string>>;
  /** By login in lower case. */
  readonly organizations: Map<string, SimulatedOrganization>;
  /** By client id and owner in lower case; an app without an entry is installed there. */
  readonly installations: Map<string, InstallationState>;
  /** By client id. */
  readonly webhooks: Map<string, WebhookTarget>;
  /** By owner in lower case. */
  readonly ownerPolicies: Map<string, OwnerPolicy>;
  contentLimits: ContentLimits;
  /** Requests counted in the running hour or minute, by bucket. */
  readonly rates: Map<string, { used: number; resetAt: number }>;
  /** When counted events happened, by what is counted. */
  readonly caps: Map<string, readonly number[]>;
  /** Until when nobody gets in, by whose bad credentials it was. */
  readonly lockouts: Map<string, number>;
  /** Whether repeated bad credentials lock out. */
  locksOut: boolean;
  /** The id of the token issued last. */
  lastTokenId: number;
  autoApproval: AutoApproval | null;
  /** Whether callbacks carry `iss` (RFC 9207), as github.com's do. */
  sendsIssuer: boolean;
}

export function createState(seed: SimulatorSeed, profile: SimulatorProfile): SimulatorState {
  const state: SimulatorState = {
    profile,
    users: new Map(),
    apps: new Map(),
    codes: new Map(),
    deviceCodes: new Map(),
    tokens: new Map(),
    endedTokens: new Map(),
    grants: new Map(),
    rates: new Map(),
    caps: new Map(),
    lockouts: new Map(),
    locksOut: false,
    lastTokenId: 0,
    organizations: new Map(),
    installations: new Map(),
    webhooks: new Map(),
    ownerPolicies: new Map(),
    contentLimits: GITHUB_CONTENT_LIMITS,
    autoApproval: null,
    sendsIssuer: profile.sendsIssuer,
  };
  seedState(state, seed);
  return state;
}

/** Forgets everything that happened and starts again from the seed. */
export function seedState(state: SimulatorState, seed: SimulatorSeed): void {
  for (const part of Object.values(state)) if (part instanceof Map) part.clear();
  state.contentLimits = GITHUB_CONTENT_LIMITS;
  for (const user of seed.users) state.users.set(user.id, user);
  for (const app of seed.apps) state.apps.set(app.clientId, app);
  for (const organization of seed.organizations ?? []) {
    state.organizations.set(organization.login.toLowerCase(), seedOrganization(organization, seed.users));
  }
  state.locksOut = false;
  state.lastTokenId = 0;
  state.autoApproval = null;
  state.sendsIssuer = state.profile.sendsIssuer;
}

/** Logins are case-insensitive at GitHub. */
export function findUser(state: SimulatorState, login: string): SimulatedUser | undefined {
  const wanted = login.toLowerCase();
  return [...state.users.values()].find((user) => user.login.toLowerCase() === wanted);
}

/** @throws RangeError */
export function requireUser(state: SimulatorState, login: string): SimulatedUser {
  const user = findUser(state, login);
  if (user === undefined) throw new RangeError(`no user ${JSON.stringify(login)}`);
  return user;
}

/** What a user granted an app so far. */
export function grantedBefore(state: SimulatorState, clientId: string, userId: number): ReadonlySet<string> {
  return state.grants.get(`${clientId} ${String(userId)}`) ?? new Set();
}

export function grantOf(state: SimulatorState, clientId: string, userId: number): Set<string> {
  const key = `${clientId} ${String(userId)}`;
  const existing = state.grants.get(key);
  if (existing !== undefined) return existing;
  const created = new Set<string>();
  state.grants.set(key, created);
  return created;
}
