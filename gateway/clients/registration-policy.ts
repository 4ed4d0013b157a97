import { DEFAULT_SCHEMES, judgeRedirectUri } from './redirect-uri.ts';
import { DEVICE_CODE_GRANT } from './grant-types.ts';
import { isOnRedirectList } from './redirect-list.ts';

const MAX_REDIRECT_URIS = 10;
const MAX_NAME_CHARACTERS = 128;
const SUPPORTED_GRANT_TYPES = ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT];
/** Methods of a client that has a secret; clients that name neither are public (RFC 7591 §2). */
const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'];
/** Members that are judged, and whose kept value the answer tells. */
const USED_MEMBERS = [
  ...[
    'redirect_uris',
    'grant_types',
    'response_types',
    'token_endpoint_auth_method',
    'client_name',
    'application_type',
  ],
  // Those of client documents.
  ...['client_id', 'jwks', 'jwks_uri', 'token_endpoint_auth_signing_alg'],
];
/** Members that clients send (RFC 7591 §2, OpenID Connect registration §2) and that are neither shown nor used here. */
export const DROPPED_MEMBERS = [
  ...[
    'client_uri',
    'logo_uri',
    'tos_uri',
    'policy_uri',
    'contacts',
    'scope',
    'software_id',
    'software_version',
  ],
  ...['software_statement', 'sector_identifier_uri', 'subject_type', 'initiate_login_uri', 'request_uris'],
  ...['post_logout_redirect_uris', 'default_max_age', 'require_auth_time', 'default_acr_values'],
];
/** Who asks for more than bearer tokens believes afterwards that they have it (RFC 9449 §5.2, 9101 §10.5, 9126 §6, 8705 §3.4). */
const MORE_THAN_BEARER = [
  'dpop_bound_access_tokens',
  'require_signed_request_object',
  'require_pushed_authorization_requests',
  'tls_client_certificate_bound_access_tokens',
];

/** Client metadata as oidc-provider receives it after our policy (RFC 7591 §2). */
export type ClientMetadata = Readonly<Record<string, unknown>>;

/** What the operator allows clients to be. */
export interface RegistrationRules {
  /** Private-use schemes of redirect URIs; undefined allows any that is not a browser's. */
  readonly schemes: readonly string[] | undefined;
  /** When set, only redirect URIs on this list are kept (`CLIENT_REGISTRATION=allowlist`). */
  readonly redirectList: readonly string[] | undefined;
}

export const DEFAULT_REGISTRATION_RULES: RegistrationRules = {
  schemes: DEFAULT_SCHEMES,
  redirectList: undefined,
};

export type RegistrationJudgement =
  | {
      readonly ok: true;
      readonly metadata: ClientMetadata;
      /** Members that the client sent and that were not kept. */
      readonly dropped: readonly string[];
    }
  | {
      readonly ok: false;
      readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata';
      readonly description: string;
    };

/**
 * Decides what of a registration request is kept. A member that is neither shown nor used is dropped, never a reason to
 * refuse: clients complete every flow without a logo. Only known members survive: no key, JWKS or sector URL that
 * would make us fetch something, no scope (it would cap later step-up), no identifier or secret of the client's
 * choosing. The answer tells the client what it got (RFC 7591 §3.2.1).
 */
export function judgeRegistration(
  request: ClientMetadata,
  rules: RegistrationRules = DEFAULT_REGISTRATION_RULES,
): RegistrationJudgement {
  const more = MORE_THAN_BEARER.find((member) => request[member] === true);
  if (more !== undefined) return refuse(`${more} asks for more than the bearer tokens of this server`);
  const grantTypes = keptGrantTypes(request['grant_types']);
  if (grantTypes === undefined) {
    return refuse('grant_types must contain authorization_code or the device code grant');
  }
  const usesRedirects = grantTypes.includes('authorization_code');
  const redirects = usesRedirects ? judgeRedirectUris(request['redirect_uris'], rules) : NO_REDIRECTS;
  if (!redirects.ok) return redirects;
  if (!offersCode(request['response_types'])) return refuse('response_types must contain "code"');
  const name = cleanName(request['client_name']);
  if (name === null) return refuse('client_name must be text');
  return {
    ok: true,
    dropped: Object.keys(request).filter((member) => !USED_MEMBERS.includes(member)),
    metadata: {
      redirect_uris: redirects.uris,
      application_type: redirects.isNative ? 'native' : 'web',
      grant_types: grantTypes,
      response_types: usesRedirects ? ['code'] : [],
      token_endpoint_auth_method: authMethod(request['token_endpoint_auth_method']),
      ...(name === undefined ? {} : { client_name: name }),
    },
  };
}

/** A client that only signs in by device code has nowhere to be sent (RFC 8628 §3.1). */
const NO_REDIRECTS = { ok: true as const, uris: [], isNative: true };

function judgeRedirectUris(value: unknown, rules: RegistrationRules) {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_REDIRECT_URIS) {
    return refuseRedirect(`redirect_uris must be a list of 1 to ${String(MAX_REDIRECT_URIS)} URIs`);
  }
  const judged = value.map((uri) => judgeRedirectUri(uri, rules.schemes));
  for (const [index, judgement] of judged.entries()) {
    if (!judgement.ok) return refuseRedirect(`redirect_uris[${String(index)}] ${judgement.fault}`);
  }
  const all = value.map(String);
  // One URI that the operator does not know must not cost a client the others: editors send several.
  const { redirectList } = rules;
  const uris = redirectList === undefined ? all : all.filter((uri) => isOnRedirectList(uri, redirectList));
  if (uris.length === 0) return refuseRedirect('redirect_uris names nothing that this server allows');
  if (new Set(uris).size !== uris.length) return refuseRedirect('redirect_uris names one URI twice');
  // Port-free loopback matching (RFC 8252 §7.3) exists for native clients only; many send no or a wrong type.
  const isNative = judged.some((judgement) => judgement.ok && judgement.kind !== 'web');
  return { ok: true as const, uris, isNative };
}

/** A client that asks for a secret by name gets one; all others are public. */
function authMethod(value: unknown): string {
  return typeof value === 'string' && SECRET_METHODS.includes(value) ? value : 'none';
}

/** Unsupported grant types are dropped, not refused: clients list what they can do, not what they need. */
function keptGrantTypes(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return SUPPORTED_GRANT_TYPES;
  if (!Array.isArray(value)) return undefined;
  const kept = SUPPORTED_GRANT_TYPES.filter((type) => value.includes(type));
  return kept.includes('authorization_code') || kept.includes(DEVICE_CODE_GRANT) ? kept : undefined;
}

/** A client lists what it can do; `code` is all that it gets. */
function offersCode(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) && value.some((type) => type === 'code');
}

/** Shortened where it is long: nothing depends on its length but our page. */
function cleanName(value: unknown): string | undefined | null {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return null;
  const text = value.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim();
  if (text === '') return undefined;
  const characters = Array.from(text);
  if (characters.length <= MAX_NAME_CHARACTERS) return text;
  return `${characters.slice(0, MAX_NAME_CHARACTERS - 1).join('')}…`;
}

function refuse(description: string): RegistrationJudgement & { ok: false } {
  return { ok: false, error: 'invalid_client_metadata', description };
}

function refuseRedirect(description: string): RegistrationJudgement & { ok: false } {
  return { ok: false, error: 'invalid_redirect_uri', description };
}
