import { parseGitHubScopes } from '../../../shared/github/index.ts';
import type { Resource } from '../../../shared/resources.ts';
import { judgeRedirectUri } from '../../clients/index.ts';
import type { ScopePolicy } from '../token/scopes.ts';
import { findResource } from './resource-indicator.ts';

/** Parameters of an authorization request that mean something here; others are ignored (RFC 6749 §3.1). */
const KNOWN_PARAMETERS = new Set([
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'resource',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'request',
  'request_uri',
  'registration',
]);

/** Most characters of an authorization request, which is kept as long as somebody may still answer it. */
const MAX_CHARACTERS = 8 * 1024;

/** Whether a normalised request is larger than what is kept: nothing in it has a length of its own, `state` least of all. */
export function isTooLarge(normalised: URLSearchParams): boolean {
  return normalised.toString().length > MAX_CHARACTERS;
}

/**
 * Stands for "no scopes" between us and oidc-provider, which cannot complete a request without one. It is never
 * shown, issued or sent to GitHub.
 */
const NO_SCOPES = 'github-app';

/** Scopes as oidc-provider is given them. */
export function toProviderScope(scopes: readonly string[]): string {
  return scopes.length === 0 ? NO_SCOPES : scopes.join(' ');
}

/** Scopes as oidc-provider gives them back. */
export function fromProviderScope(scope: string): string[] {
  return scope.split(' ').filter((name) => name !== '' && name !== NO_SCOPES);
}

/**
 * Normalises an authorization request before oidc-provider compares strings: unknown parameters go, scope becomes
 * what we offer (or the baseline), resource its canonical form (or the default). Repeated parameters stay
 * repeated, so that the library refuses them.
 */
export function normaliseAuthorizationRequest(
  query: URLSearchParams,
  rules: { scopes: ScopePolicy; resources: readonly [Resource, ...Resource[]] },
): URLSearchParams {
  const kept = new URLSearchParams([...query].filter(([name]) => KNOWN_PARAMETERS.has(name)));
  normaliseScope(kept, rules.scopes);
  normaliseResource(kept, rules.resources);
  const redirectUri = kept.get('redirect_uri');
  // No client can have registered it: what is left is a loopback port that nobody listens on.
  if (redirectUri !== null && !judgeRedirectUri(redirectUri).ok) kept.set('redirect_uri', 'about:invalid');
  const mode = kept.get('response_mode');
  // oidc-provider always knows `fragment` and `form_post`; our metadata does not list them, so they are not served.
  if (mode !== null && mode !== 'query') kept.set('response_mode', 'not_supported');
  return kept;
}

function normaliseScope(query: URLSearchParams, scopes: ScopePolicy): void {
  const values = query.getAll('scope');
  if (values.length > 1) return;
  const requested = values[0] ?? '';
  // Malformed scope text is for the library to refuse with `invalid_scope`.
  if (/[^\x20\x21\x23-\x5b\x5d-\x7e]/.test(requested)) return;
  const offered = parseGitHubScopes(requested).filter((scope) => scopes.allowed.includes(scope));
  query.set('scope', toProviderScope(offered.length > 0 ? offered : scopes.baseline));
}

function normaliseResource(query: URLSearchParams, resources: readonly [Resource, ...Resource[]]): void {
  const values = query.getAll('resource');
  if (values.length === 0) {
    query.set('resource', resources[0].identifier);
    return;
  }
  const canonical = new Set(values.map((value) => findResource(resources, value)?.identifier ?? value));
  query.delete('resource');
  for (const value of canonical) query.append('resource', value);
}
