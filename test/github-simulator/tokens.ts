import { randomInt } from 'node:crypto';
import type { SimulatedApp, SimulatorState, TokenRecord } from './state.ts';

const SECOND = 1000;
export const ACCESS_TOKEN_SECONDS = 28_800;
/** Six months, as GitHub states it for each kind of app. */
export const REFRESH_TOKEN_SECONDS = { 'oauth-app': 15_897_600, 'github-app': 15_811_200 } as const;
/** Live tokens per user, app and scope set; one more revokes the oldest. */
const LIVE_TOKENS = 10;

export interface TokenOrder {
  readonly app: SimulatedApp;
  readonly userId: number;
  readonly scopes: readonly string[];
  readonly expiring: boolean;
  readonly viaDevice?: boolean;
  readonly now: number;
}

/** Whether a sign-in gives a token that expires: by the app's setting, or because `offline_access` was asked for. */
export function isExpiring({ profile }: SimulatorState, app: SimulatedApp, offline: boolean): boolean {
  const setting = app.expiringTokens && (profile.offlineAccess || app.kind === 'github-app');
  return setting || offline;
}

export function issueToken(state: SimulatorState, order: TokenOrder): TokenRecord {
  const { app, now } = order;
  const record: TokenRecord = {
    id: (state.lastTokenId += 1),
    accessToken: `${app.kind === 'oauth-app' ? 'gho_' : 'ghu_'}${randomText(36)}`,
    clientId: app.clientId,
    userId: order.userId,
    scopes: order.scopes,
    createdAt: now,
    expiresAt: order.expiring ? now + ACCESS_TOKEN_SECONDS * SECOND : undefined,
    refresh: order.expiring
      ? { token: `ghr_${randomText(76)}`, expiresAt: now + REFRESH_TOKEN_SECONDS[app.kind] * SECOND }
      : undefined,
    viaDevice: order.viaDevice === true,
  };
  evictOldest(state, record, now);
  state.tokens.set(record.accessToken, record);
  return record;
}

function evictOldest(state: SimulatorState, added: TokenRecord, now: number): void {
  const same = [...state.tokens.values()].filter(
    (held) => scopeSetKey(held) === scopeSetKey(added) && isAlive(held, now),
  );
  // Maps keep insertion order, so the oldest come first.
  for (const old of same.slice(0, Math.max(0, same.length - LIVE_TOKENS + 1))) {
    endToken(state, old);
  }
}

/** Bounds the memory of a long-running simulator. */
const KEPT_ENDED_TOKENS = 10_000;

/** Ends a token and its refresh token. Says whether it was alive. */
export function endToken(state: SimulatorState, record: TokenRecord): boolean {
  const { endedTokens } = state;
  endedTokens.set(record.accessToken, record);
  const [oldest] = endedTokens.keys();
  if (endedTokens.size > KEPT_ENDED_TOKENS && oldest !== undefined) endedTokens.delete(oldest);
  return state.tokens.delete(record.accessToken);
}

/** Names the tokens that count together: of one user, app and scope set. */
export function scopeSetKey(set: Pick<TokenRecord, 'clientId' | 'userId' | 'scopes'>): string {
  return [set.clientId, set.userId, ...set.scopes].join(' ');
}

function isAlive(record: TokenRecord, now: number): boolean {
  return record.expiresAt === undefined || now < record.expiresAt;
}

/** A GitHub App has permissions instead of scopes. */
export function isGitHubAppToken({ accessToken }: Pick<TokenRecord, 'accessToken'>): boolean {
  return accessToken.startsWith('ghu_');
}

/** The record of a live access token. */
export function findAccessToken(
  state: SimulatorState,
  accessToken: string,
  now: number,
): TokenRecord | undefined {
  const record = state.tokens.get(accessToken);
  return record !== undefined && isAlive(record, now) ? record : undefined;
}

/** The record of a live refresh token of this app. */
export function findRefreshToken(
  state: SimulatorState,
  presented: { readonly refreshToken: string; readonly clientId: string },
  now: number,
): TokenRecord | undefined {
  const record = [...state.tokens.values()].find((held) => held.refresh?.token === presented.refreshToken);
  const usable = record?.clientId === presented.clientId && now < (record.refresh?.expiresAt ?? 0);
  return usable ? record : undefined;
}

/** Live tokens by user, app and scope set. */
export interface TokenCount {
  readonly login: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly live: number;
}

export function countTokens(state: SimulatorState, now: number): TokenCount[] {
  const counts = new Map<string, TokenCount>();
  for (const record of state.tokens.values()) {
    if (!isAlive(record, now)) continue;
    const key = scopeSetKey(record);
    const { clientId, scopes } = record;
    const login = state.users.get(record.userId)?.login ?? '';
    counts.set(key, { login, clientId, scopes, live: (counts.get(key)?.live ?? 0) + 1 });
  }
  return [...counts.values()];
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '').join('');
}
