import type { GitHubHostKind } from '../../shared/github/index.ts';

/** What one kind of GitHub does otherwise than the others. */
export interface SimulatorProfile {
  readonly kind: GitHubHostKind;
  /** Of GitHub Enterprise Server only. */
  readonly version: string | undefined;
  /** Below which path of the web pages the REST API is; empty when it has a listener of its own. */
  readonly apiPath: '' | '/api/v3';
  /** Whether PKCE parameters mean anything. */
  readonly pkce: boolean;
  /** Whether callbacks carry `iss` until the control says otherwise. */
  readonly sendsIssuer: boolean;
  /** Rate limits with their headers, and the hourly caps on tokens. */
  readonly limits: boolean;
  /** Whether an OAuth App can have expiring tokens. */
  readonly offlineAccess: boolean;
  readonly revokesCredentials: boolean;
}

/** The first GitHub Enterprise Server whose OAuth Apps have expiring tokens. */
const OFFLINE_ACCESS_SINCE = { major: 3, minor: 23 } as const;

export interface ProfileOptions {
  readonly kind?: GitHubHostKind | undefined;
  /** Of `ghes`, like `3.19`. Default 3.23. */
  readonly ghesVersion?: string | undefined;
}

/** @throws RangeError for a version that is none, or of something that has none. */
export function createProfile({ kind = 'github.com', ghesVersion }: ProfileOptions): SimulatorProfile {
  if (kind !== 'ghes') {
    if (ghesVersion !== undefined) throw new RangeError('only the profile ghes has a version');
    return {
      kind,
      version: undefined,
      apiPath: '',
      pkce: true,
      sendsIssuer: kind === 'github.com',
      limits: true,
      offlineAccess: true,
      revokesCredentials: true,
    };
  }
  const version = ghesVersion ?? `${OFFLINE_ACCESS_SINCE.major}.${OFFLINE_ACCESS_SINCE.minor}`;
  return {
    kind,
    version,
    apiPath: '/api/v3',
    pkce: false,
    sendsIssuer: false,
    limits: false,
    offlineAccess: hasOfflineAccess(version),
    revokesCredentials: false,
  };
}

function hasOfflineAccess(version: string): boolean {
  const match = /^(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?$/.exec(version);
  if (match === null) throw new RangeError(`not a version of GitHub Enterprise Server: ${version}`);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const since = OFFLINE_ACCESS_SINCE;
  return major > since.major || (major === since.major && minor >= since.minor);
}

/** What a webhook says about where it comes from. */
export function hostHeadersOf(profile: SimulatorProfile, webBase: string): Readonly<Record<string, string>> {
  if (profile.kind === 'ghe.com') return { 'x-github-tenant': 'simulator' };
  if (profile.version === undefined) return {};
  return {
    'x-github-enterprise-host': new URL(webBase).host,
    'x-github-enterprise-version': fullVersion(profile.version),
  };
}

/** As the API's `x-github-enterprise-version` has it, after `enterprise-server@`. */
export function fullVersion(version: string): string {
  return version.split('.').length === 3 ? version : `${version}.0`;
}
