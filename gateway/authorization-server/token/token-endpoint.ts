import type { Request, RequestHandler, Response } from 'express';
import type { Platform } from '../../../shared/platform/index.ts';
import { isUnavailable, Refused } from '../../grants/index.ts';
import { RETRY_AFTER_SECONDS } from '../../http/index.ts';
import { DEVICE_CODE_GRANT } from '../../clients/index.ts';
import type { AuthenticatedClient, ClientAuthenticationDeps } from './authenticate-client.ts';
import { authenticateClient, invalidClient, readPresented } from './authenticate-client.ts';
import { tellTokenRefused } from './tell-refused.ts';
import type { GrantHandler, Parameters } from './token-request.ts';
import { TokenError } from './token-request.ts';

/** A grant type: its parameters, beside those of client authentication, and what answers it. */
interface GrantType {
  readonly parameters: readonly string[];
  readonly answer: GrantHandler;
}

const AUTHENTICATION = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

export interface TokenEndpointDeps extends ClientAuthenticationDeps {
  readonly publicUrl: string;
  readonly authorizationCodeGrant: GrantHandler;
  readonly refreshTokenGrant: GrantHandler;
  readonly deviceCodeGrant: GrantHandler;
  /** Ends the grant of a client that is no longer allowed. */
  readonly refuseDisallowed: (request: { clientId: string; refreshToken: string }) => Promise<void>;
}

/**
 * The token endpoint (RFC 6749 §3.2). What a request passes, in this order: its form, who its client is, whether the client
 * may use the grant type, the grant. Mounted behind the form parser. oidc-provider's own endpoint does the same in twice
 * the time, and consumes a code before it has looked at account and resource.
 */
export function createTokenEndpoint(platform: Platform, deps: TokenEndpointDeps): RequestHandler {
  const grantTypes = new Map<string, GrantType>([
    [
      'authorization_code',
      { parameters: ['code', 'redirect_uri', 'code_verifier'], answer: deps.authorizationCodeGrant },
    ],
    ['refresh_token', { parameters: ['refresh_token', 'scope'], answer: deps.refreshTokenGrant }],
    [DEVICE_CODE_GRANT, { parameters: ['device_code'], answer: deps.deviceCodeGrant }],
  ]);
  return async (req, res) => {
    // Only what is known here: the name of no client, and of no grant type, is a stranger's text.
    const told: { clientId?: string; grantType?: string } = {};
    try {
      const form = formOf(req);
      const name = once(form, ['grant_type'])['grant_type'];
      if (name !== undefined && grantTypes.has(name)) told.grantType = name;
      const presented = readPresented(req, once(form, AUTHENTICATION));
      const client = await authenticateClient(deps, presented);
      if (client === undefined) {
        await endIfDisallowed(deps, presented.clientId, form);
        throw invalidClient();
      }
      told.clientId = client.clientId;
      const grantType = requireGrantType(grantTypes, client, name);
      const request = {
        clientId: client.clientId,
        takesRefreshTokens: client.grantTypes.includes('refresh_token'),
        parameters: once(form, grantType.parameters),
        resource: resourceIn(form),
      };
      answer(res, 200, await grantType.answer(request));
    } catch (error) {
      if (!isAnswerable(error)) throw error;
      tellTokenRefused(platform, error, told);
      refuse(res, error, req.headers.authorization === undefined ? undefined : deps.publicUrl);
    }
  };
}

type Form = Readonly<Record<string, unknown>>;

/** @throws TokenError when the body is no form: the parser leaves what it does not know. */
function formOf(req: Request): Form {
  const body = req.body as Form | undefined;
  if (body === undefined)
    throw new TokenError('invalid_request', 'only application/x-www-form-urlencoded bodies are supported');
  return body;
}

/**
 * The parameters of these names. One without a value is absent, and none may be repeated (RFC 6749 §3.2).
 * @throws TokenError
 */
function once(form: Form, names: readonly string[]): Parameters {
  const values: Record<string, string> = {};
  for (const name of names) {
    const value = Object.hasOwn(form, name) ? form[name] : undefined;
    if (Array.isArray(value))
      throw new TokenError('invalid_request', `'${name}' parameter must not be provided twice`);
    if (typeof value === 'string' && value !== '') values[name] = value;
  }
  return values;
}

/** Of all parameters only this one may come several times (RFC 8707 §2). */
function resourceIn({ resource }: Form): string | readonly string[] | undefined {
  if (Array.isArray(resource)) return resource.map(String);
  return typeof resource === 'string' && resource !== '' ? resource : undefined;
}

function requireGrantType(
  grantTypes: ReadonlyMap<string, GrantType>,
  client: AuthenticatedClient,
  name: string | undefined,
): GrantType {
  if (name === undefined) throw new TokenError('invalid_request', "missing required parameter 'grant_type'");
  const grantType = grantTypes.get(name);
  if (grantType === undefined)
    throw new TokenError('unsupported_grant_type', 'unsupported grant_type requested');
  if (!client.grantTypes.includes(name))
    throw new TokenError('unauthorized_client', 'requested grant type is not allowed for this client');
  return grantType;
}

/** The operator does not allow the client any more: what it presents of its own ends. */
async function endIfDisallowed(deps: TokenEndpointDeps, clientId: string, form: Form): Promise<void> {
  const { grant_type: grantType, refresh_token: refreshToken } = form;
  if (grantType === 'refresh_token' && typeof refreshToken === 'string')
    await deps.refuseDisallowed({ clientId, refreshToken });
}

/** Anything else is a fault of ours, which nobody foresaw. */
function isAnswerable(error: unknown): error is Error {
  return error instanceof Refused || error instanceof TokenError || isUnavailable(error);
}

/**
 * RFC 6749 §5.2. Why a grant was refused is for event and log. 503: nothing was consumed, the same request may be sent
 * again; an altered record is an operator's alarm, never a reason to tell a client that its token is bad: clients throw
 * tokens away then.
 */
function refuse(res: Response, error: Error, realm: string | undefined): void {
  if (error instanceof TokenError) {
    const { code, message, scope } = error;
    const isChallenged = code === 'invalid_client' && realm !== undefined;
    if (isChallenged)
      res.setHeader(
        'www-authenticate',
        `Basic realm="${realm}", error="${code}", error_description="${message}"`,
      );
    const body = { error: code, error_description: message, ...(scope === '' ? {} : { scope }) };
    answer(res, code === 'invalid_client' ? 401 : 400, body);
  } else if (error instanceof Refused) {
    answer(res, 400, { error: 'invalid_grant', error_description: 'grant request is invalid' });
  } else {
    res.setHeader('retry-after', String(RETRY_AFTER_SECONDS));
    const description = 'a part of the service is not reachable; nothing was changed, try again';
    answer(res, 503, { error: 'temporarily_unavailable', error_description: description });
  }
}

/** In one write, past what Express would look up for every answer. */
function answer(res: Response, status: number, body: object): void {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  res.end(text);
}
