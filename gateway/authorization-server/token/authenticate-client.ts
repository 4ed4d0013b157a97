import type { IncomingMessage } from 'node:http';
import type { JSONWebKeySet, JWTVerifyOptions } from 'jose';
import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import type { Clock } from '../../../shared/clock.ts';
import { epochSeconds } from '../../../shared/clock.ts';
import type { ClientPayload, FindClient, UsedAssertions } from '../../clients/index.ts';
import {
  ASSERTION_ALGORITHMS,
  CLIENT_DEFAULTS,
  MAX_ASSERTION_SECONDS,
  assertionId,
  isClientSecret,
} from '../../clients/index.ts';
import type { Parameters } from './token-request.ts';
import { TokenError } from './token-request.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Visible characters and space (RFC 6749 appendix A.1, A.2). */
const CREDENTIAL = /^[\x20-\x7e]*$/;

/** What a request shows to prove whose it is; nothing of it is believed yet. */
export type Presented = { readonly clientId: string } & (
  | { readonly by: 'nothing' }
  | { readonly by: 'secret'; readonly secret: string }
  | { readonly by: 'assertion'; readonly assertion: string }
);

/** A client that has proved who it is. */
export interface AuthenticatedClient {
  readonly clientId: string;
  readonly grantTypes: readonly string[];
}

/**
 * Reads how a client authenticates: one mechanism, and one name for the client (RFC 6749 §2.3).
 * @throws TokenError
 */
export function readPresented(req: IncomingMessage, parameters: Parameters): Presented {
  const { client_id: named, client_secret: secret, client_assertion: assertion } = parameters;
  const basic = req.headers.authorization;
  if ([secret, assertion, basic].filter((each) => each !== undefined).length > 1)
    throw invalid('client authentication must only be provided using one mechanism');
  const by = (clientId: string | undefined): string => {
    if (clientId === undefined) throw invalid('no client authentication mechanism provided');
    if (named !== undefined && named !== clientId) throw invalid('client_id mismatch');
    return clientId;
  };
  if (basic !== undefined) {
    const { user, password } = readBasic(basic);
    return { by: 'secret', clientId: by(user), secret: password };
  }
  if (secret !== undefined) return { by: 'secret', clientId: by(named), secret };
  if (assertion === undefined) return { by: 'nothing', clientId: by(named) };
  if (parameters['client_assertion_type'] !== ASSERTION_TYPE)
    throw invalid(`client_assertion_type must have value ${ASSERTION_TYPE}`);
  return { by: 'assertion', clientId: by(subjectOf(assertion)), assertion };
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are put together. */
function readBasic(header: string): { user: string; password: string } {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  const [, user, password] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (user === undefined || password === undefined)
    throw invalid('invalid authorization header value format');
  if (password === '') throw invalid('client_secret must be provided in the Authorization header');
  return { user: decodeFormPart(user), password: decodeFormPart(password) };
}

function decodeFormPart(text: string): string {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    if (CREDENTIAL.test(decoded)) return decoded;
  } catch {
    // Answered like what decodes to something that is no credential.
  }
  throw invalid('client_id and client_secret in the authorization header are not properly encoded');
}

function subjectOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).sub;
  } catch {
    throw invalid('invalid client_assertion format');
  }
}

export interface ClientAuthenticationDeps {
  readonly findClient: FindClient;
  readonly usedAssertions: UsedAssertions;
  /** Whom an assertion may be for: the issuer and the token endpoint (RFC 7523 §3). */
  readonly audience: readonly string[];
  readonly clock: Clock;
}

/**
 * The client a request is of (RFC 6749 §2.3, RFC 7523 §2.2); undefined when there is no such client.
 * @throws TokenError `invalid_client` when it does not prove it the way it is registered with; which proof failed is not told.
 */
export async function authenticateClient(
  deps: ClientAuthenticationDeps,
  presented: Presented,
): Promise<AuthenticatedClient | undefined> {
  const { clientId } = presented;
  const payload = await deps.findClient(clientId);
  if (payload === undefined) return undefined;
  const method = payload['token_endpoint_auth_method'] ?? CLIENT_DEFAULTS.token_endpoint_auth_method;
  if (!(await isProved(deps, presented, { method, payload }))) throw invalidClient();
  const grantTypes = (payload['grant_types'] ?? CLIENT_DEFAULTS.grant_types) as readonly string[];
  return { clientId, grantTypes };
}

async function isProved(
  deps: ClientAuthenticationDeps,
  presented: Presented,
  { method, payload }: { method: unknown; payload: ClientPayload },
): Promise<boolean> {
  switch (method) {
    case 'none':
      return presented.by === 'nothing';
    case 'client_secret_basic':
    case 'client_secret_post':
      return presented.by === 'secret' && isClientSecret(payload['client_secret'], presented.secret);
    case 'private_key_jwt':
      return presented.by === 'assertion' && (await isGenuineAssertion(deps, presented, payload));
    default:
      return false;
  }
}

async function isGenuineAssertion(
  deps: ClientAuthenticationDeps,
  { clientId, assertion }: { clientId: string; assertion: string },
  { jwks, token_endpoint_auth_signing_alg: algorithm }: ClientPayload,
): Promise<boolean> {
  const now = epochSeconds(deps.clock);
  const options = {
    algorithms: typeof algorithm === 'string' ? [algorithm] : [...ASSERTION_ALGORITHMS],
    issuer: clientId,
    subject: clientId,
    audience: [...deps.audience],
    requiredClaims: ['exp', 'jti'],
    currentDate: new Date(now * 1000),
  };
  try {
    const { exp = 0, jti = '' } = await verifyWithAny(assertion, jwks as JSONWebKeySet, options);
    if (exp > now + MAX_ASSERTION_SECONDS || jti === '') return false;
    return await deps.usedAssertions.use(assertionId(clientId, jti), exp - now);
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** A client may publish several keys without names. */
async function verifyWithAny(assertion: string, jwks: JSONWebKeySet, options: JWTVerifyOptions) {
  const keySet = createLocalJWKSet(jwks);
  try {
    return (await jwtVerify(assertion, keySet, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(assertion, key, options)).payload;
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function invalid(message: string): TokenError {
  return new TokenError('invalid_request', message);
}

export function invalidClient(): TokenError {
  return new TokenError('invalid_client', 'client authentication failed');
}
