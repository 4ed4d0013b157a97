import type { RequestHandler } from 'express';
import { Router } from 'express';
import type { Library } from './context.ts';
import type { Platform } from '../../../shared/platform/index.ts';
import type { RevocationFeed } from '../../../shared/revocation/index.ts';
import type { Accounts, Grants, RefreshTokens } from '../../grants/index.ts';
import { openCors, ROUTES, SERVER_METADATA_PATHS } from '../../http/index.ts';
import type { ClientRegister } from '../clients/client-register.ts';
import type { SignIn } from '../login/sign-in.ts';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';
import type { Tokens } from '../token/tokens.ts';
import { createAdapterFactory } from './adapter.ts';
import { answerPlainRefresh } from './answer-refresh.ts';
import { createCookieKeys } from './cookie-keys.ts';
import { subscribeProviderEvents, tellTokenRefused } from './events.ts';
import { createInteractions } from './interactions.ts';
import type { ProviderRules } from './provider.ts';
import { createProvider } from './provider.ts';
import { createRequestNormaliser } from './request-normaliser.ts';
import { isServedByProvider } from './served-paths.ts';

/** Endpoints that programs use, from any origin and without cookies. */
const CORS_ROUTES = [
  ROUTES.registration,
  ROUTES.token,
  ROUTES.revocation,
  ROUTES.jwks,
  ROUTES.deviceAuthorization,
];

interface Parts {
  readonly register: ClientRegister;
  readonly tokens: Tokens;
  readonly signIn: SignIn;
  readonly signingKeys: SigningKeys;
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly refreshTokens: RefreshTokens;
  readonly revocations: Pick<RevocationFeed, 'onRevoked'>;
  readonly addressLimits: RequestHandler;
}

/** oidc-provider among our own routes, in the order that requests pass them. */
export function mountProvider(
  platform: Platform,
  options: ProviderRules,
  parts: Parts,
): { readonly routes: Router; readonly handler: RequestHandler } {
  const { register, tokens, signingKeys } = parts;
  const provider = buildProvider(platform, options, parts);
  subscribeProviderEvents(provider, platform);
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use([...CORS_ROUTES, ...(options.metadataCors ? SERVER_METADATA_PATHS : [])], openCors);
  routes.get(ROUTES.jwks, (_req, res) => {
    res.set({ 'cache-control': 'public, max-age=300', 'content-type': 'application/jwk-set+json' });
    res.send(JSON.stringify(signingKeys.publicJwks()));
  });
  routes.use(parts.addressLimits);
  routes.use(
    createRequestNormaliser({
      publicUrl: options.publicUrl,
      scopes: options.scopes,
      resources: options.resources,
      registrationRules: options.clients.registrationRules,
      registrationNames: register.names,
      registration: options.clients.registration,
      events: platform.events,
      answerToken: answerPlainRefresh({
        clients: provider.Client,
        refresh: tokens.refreshTokenGrant,
        refuseDisallowed: tokens.refuseDisallowed,
        onRefused: (error, { clientId }) => {
          tellTokenRefused(platform, error, { grantType: 'refresh_token', clientId });
        },
      }),
    }),
  );
  routes.use(parts.signIn.routesOver(createInteractions(provider)));
  return { routes, handler: handlerOf(provider) };
}

function buildProvider(
  { store, gatewayRing, clock }: Platform,
  options: ProviderRules,
  { register, tokens, signingKeys, accounts, grants, refreshTokens, revocations }: Parts,
): Library {
  const { codes, deviceCodes } = tokens;
  const { clients, documents, isAllowed, preregistered, names } = register;
  return createProvider(options, {
    adapter: createAdapterFactory({
      revocations,
      store,
      gatewayRing,
      clock,
      clients,
      isAllowedClient: isAllowed,
      preregistered,
      clientDocuments: documents,
      grants,
      codes,
      deviceCodes,
      refreshTokens,
    }),
    accounts,
    signingKeys,
    cookieKeys: createCookieKeys(gatewayRing),
    clock,
    registrationNames: names,
    authorizationCodeGrant: tokens.authorizationCodeGrant,
    refreshTokenGrant: tokens.refreshTokenGrant,
    deviceCodeGrant: tokens.deviceCodeGrant,
  });
}

function handlerOf(provider: Library): RequestHandler {
  const callback = provider.callback();
  return (req, res) => {
    if (isServedByProvider(req.method, req.originalUrl.split('?')[0] ?? '')) void callback(req, res);
    else res.status(404).set('cache-control', 'no-store').json({ error: 'not_found' });
  };
}
