import type { Request, RequestHandler, Response } from 'express';
import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { RETRY_AFTER_SECONDS } from '../../http/index.ts';
import { asProtocolStep } from './errors.ts';
import type { TokenResponse } from '../token/issue-tokens.ts';
import type { RefreshRequest, RefreshTokenGrant } from '../token/refresh-token-grant.ts';
import type { TokenRequest } from '../token/token-request.ts';
import { requireParameter, resourceParameter } from '../token/token-request.ts';

/** Characters of a scope list (RFC 6749 §3.3). */
const SCOPE_LIST = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;
/** With one of these a client authenticates, or asks for what the library knows about. */
const LIBRARY_HEADERS = ['authorization', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop'];
const LIBRARY_PARAMETERS = [
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'authorization_details',
];

/** The refresh token grant behind oidc-provider's token endpoint. */
export function refreshAtProvider(refresh: RefreshTokenGrant) {
  return async (request: TokenRequest): Promise<TokenResponse> => {
    const scope = request.parameters['scope'];
    return await refresh({
      clientId: request.clientId,
      refreshToken: requireParameter(request, 'refresh_token'),
      scope: typeof scope === 'string' ? scope : undefined,
      resource: resourceParameter(request),
    });
  };
}

/**
 * Answers the plain refresh of a public client, which is most of what a token endpoint is asked, without the way through
 * oidc-provider: the library would look the same client up and call the same grant, for half as much work again. Whatever
 * is not plain (a secret, an assertion, a repeated parameter, an unknown client, a browser) goes on to the library, which
 * refuses it in its own words.
 *
 * Mounted behind the form parser.
 */
export function answerPlainRefresh(deps: {
  clients: Provider['Client'];
  refresh: RefreshTokenGrant;
  /** Ends the grant of a client that is no longer allowed. */
  refuseDisallowed: (request: NamedRefresh) => Promise<void>;
  /** Told of every refusal, as the library tells of those it answers. */
  onRefused: (error: errors.OIDCProviderError, request: NamedRefresh) => void;
}): RequestHandler {
  return async (req, res, next) => {
    const named = refreshNamedIn(req);
    if (named === undefined) {
      next();
      return;
    }
    try {
      await asProtocolStep(async () => {
        await deps.refuseDisallowed(named);
      });
      const request = plainRefreshIn(req);
      const client = request && (await deps.clients.find(request.clientId));
      if (
        request === undefined ||
        client?.clientAuthMethod !== 'none' ||
        !client.grantTypeAllowed('refresh_token')
      ) {
        next();
        return;
      }
      answer(res, 200, await asProtocolStep(async () => await deps.refresh(request)));
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      deps.onRefused(error, named);
      answerError(res, error);
    }
  };
}

type NamedRefresh = Pick<RefreshRequest, 'clientId' | 'refreshToken'>;

/** Whose refresh a request says it is, however its client authenticates (RFC 6749 §2.3.1); nothing of it is believed yet. */
function refreshNamedIn(req: Request): NamedRefresh | undefined {
  const form = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  const { grant_type: grantType, refresh_token: refreshToken } = form;
  const clientId = form['client_id'] ?? basicUserOf(req);
  const isNamed = grantType === 'refresh_token' && isFilled(clientId) && isFilled(refreshToken);
  return isNamed ? { clientId, refreshToken } : undefined;
}

/** Undefined when there is none, or it cannot be read. */
function basicUserOf(req: Request): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [user = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return decodeURIComponent(user.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Undefined for everything the library has a rule about. */
function plainRefreshIn(req: Request): RefreshRequest | undefined {
  const form = (req.body ?? {}) as Readonly<Record<string, unknown>>;
  if (form['grant_type'] !== 'refresh_token' || isForLibrary(req, form)) return undefined;
  const { client_id: clientId, refresh_token: refreshToken, scope, resource } = form;
  if (!isFilled(clientId) || !isFilled(refreshToken)) return undefined;
  if (!isFilledOrAbsent(scope) || !isFilledOrAbsent(resource)) return undefined;
  if (scope !== undefined && !SCOPE_LIST.test(scope)) return undefined;
  return { clientId, refreshToken, scope, resource };
}

function isForLibrary(req: Request, form: Readonly<Record<string, unknown>>): boolean {
  return (
    LIBRARY_HEADERS.some((name) => req.headers[name] !== undefined) ||
    LIBRARY_PARAMETERS.some((name) => form[name] !== undefined) ||
    // It shows errors to a browser as a page.
    /text\/|html/i.test(req.headers.accept ?? '')
  );
}

function isFilledOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || isFilled(value);
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** RFC 6749 §5.2. */
function answerError(res: Response, error: errors.OIDCProviderError): void {
  if (error.statusCode === 503) res.setHeader('retry-after', String(RETRY_AFTER_SECONDS));
  const { scope } = error as { scope?: string };
  answer(res, error.statusCode, {
    error: error.error,
    ...(error.error_description === undefined ? {} : { error_description: error.error_description }),
    ...(scope === undefined ? {} : { scope }),
  });
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
