import { judgeRedirectUri } from './redirect-uri.ts';

const MAX_REDIRECT_URIS = 10;
const MAX_NAME_CHARACTERS = 128;
const SUPPORTED_GRANT_TYPES = ['authorization_code', 'refresh_token'];
const INFORMATIONAL_URIS = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'];

/** Client metadata as oidc-provider receives it after our policy (RFC 7591 §2). */
export type ClientMetadata = Readonly<Record<string, unknown>>;

export type RegistrationJudgement =
  | { readonly ok: true; readonly metadata: ClientMetadata }
  | {
      readonly ok: false;
      readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata';
      readonly description: string;
    };

/**
 * Decides what of a registration request is kept. Only known members survive: no key, JWKS or sector URL that
 * would make us fetch something, no scope (it would cap later step-up), no identifier or secret of the client's
 * choosing. The answer tells the client what it got (RFC 7591 §3.2.1).
 */
export function judgeRegistration(request: ClientMetadata): RegistrationJudgement {
  const redirects = judgeRedirectUris(request['redirect_uris']);
  if (!redirects.ok) return redirects;
  if (!isListOfStrings(request['response_types'], ['code'])) {
    return refuse('response_types must be ["code"]');
  }
  const grantTypes = keptGrantTypes(request['grant_types']);
  if (grantTypes === undefined) return refuse('grant_types must contain authorization_code');
  const name = cleanName(request['client_name']);
  if (name === null)
    return refuse(`client_name must be text of at most ${String(MAX_NAME_CHARACTERS)} characters`);
  const uris = informationalUris(request);
  if (uris === null) return refuse('client_uri, logo_uri, tos_uri and policy_uri must be https URLs');
  return {
    ok: true,
    metadata: {
      redirect_uris: redirects.uris,
      application_type: redirects.isNative ? 'native' : 'web',
      grant_types: grantTypes,
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      ...(name === undefined ? {} : { client_name: name }),
      ...uris,
    },
  };
}

function judgeRedirectUris(value: unknown) {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_REDIRECT_URIS) {
    return refuseRedirect(`redirect_uris must be a list of 1 to ${String(MAX_REDIRECT_URIS)} URIs`);
  }
  const judged = value.map(judgeRedirectUri);
  for (const [index, judgement] of judged.entries()) {
    if (!judgement.ok) return refuseRedirect(`redirect_uris[${String(index)}] ${judgement.fault}`);
  }
  const uris = value.map(String);
  if (new Set(uris).size !== uris.length) return refuseRedirect('redirect_uris names one URI twice');
  // Port-free loopback matching (RFC 8252 §7.3) exists for native clients only; many send no or a wrong type.
  const isNative = judged.some((judgement) => judgement.ok && judgement.kind !== 'web');
  return { ok: true as const, uris, isNative };
}

/** Unsupported grant types are dropped, not refused: clients list what they can do, not what they need. */
function keptGrantTypes(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return SUPPORTED_GRANT_TYPES;
  if (!Array.isArray(value)) return undefined;
  const kept = SUPPORTED_GRANT_TYPES.filter((type) => value.includes(type));
  return kept.includes('authorization_code') ? kept : undefined;
}

function isListOfStrings(value: unknown, allowed: readonly string[]): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.length > 0 && value.every((item) => allowed.includes(String(item)));
}

function cleanName(value: unknown): string | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return null;
  const text = value.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
  if (text.length > MAX_NAME_CHARACTERS) return null;
  return text === '' ? undefined : text;
}

function informationalUris(request: ClientMetadata): Record<string, string> | null {
  const kept: Record<string, string> = {};
  for (const name of INFORMATIONAL_URIS) {
    const value = request[name];
    if (value === undefined || value === null || value === '') continue;
    const judged = judgeRedirectUri(value);
    if (typeof value !== 'string' || !judged.ok || !value.startsWith('https://')) return null;
    kept[name] = value;
  }
  return kept;
}

function refuse(description: string): RegistrationJudgement & { ok: false } {
  return { ok: false, error: 'invalid_client_metadata', description };
}

function refuseRedirect(description: string): RegistrationJudgement & { ok: false } {
  return { ok: false, error: 'invalid_redirect_uri', description };
}
