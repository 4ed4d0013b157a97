import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors, Provider } from 'oidc-provider';
import type { Clock } from '../../../shared/clock.ts';
import { epochSeconds } from '../../../shared/clock.ts';
import type { Resource } from '../../../shared/resources.ts';
import { messagePage, PAGE_HEADERS } from '../../pages/index.ts';
import type { Everybody } from '../../standing/index.ts';
import type { ScopePolicy } from '../token/scopes.ts';
import { toProviderScope } from './authorization-request.ts';
import type { ClientOptions, RegistrationNames } from '../../clients/index.ts';
import {
  ASSERTION_ALGORITHMS,
  CLIENT_DEFAULTS,
  MAX_ASSERTION_SECONDS,
  isClientSecret,
  newClientSecret,
} from '../../clients/index.ts';
import type { CookieKeys } from './cookie-keys.ts';
import { cookieRules, interactionPath, RETRY_AFTER_SECONDS, ROUTES } from '../../http/index.ts';
import { createAnswerCorrection } from './answer-correction.ts';
import { deviceSources, answerMissingSession } from './device-sources.ts';
import { createUndecidedErrors } from './undecided-error.ts';
import { createInteractionPolicy } from './interaction-policy.ts';
import { findResource } from './resource-indicator.ts';
import { answerUnexpectedFault } from './unexpected-fault.ts';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';
import type { TokenLifetimes } from '../token/tokens.ts';

const CODE_TTL_SECONDS = 60;
const DEVICE_CODE_TTL_SECONDS = 600;
/** Reading the page and signing in at GitHub. */
const INTERACTION_TTL_SECONDS = 900;
const SESSION_TTL_SECONDS = 8 * 60 * 60;
const SESSION_IDLE_SECONDS = 60 * 60;

export interface ProviderRules {
  readonly publicUrl: string;
  readonly resources: readonly [Resource, ...Resource[]];
  readonly scopes: ScopePolicy;
  readonly supportContact: string | undefined;
  /** Whether pages of every origin may read the metadata. */
  readonly metadataCors: boolean;
  readonly clients: ClientOptions;
  readonly tokens: TokenLifetimes;
}

export interface ProviderParts {
  readonly adapter: NonNullable<Configuration['adapter']>;
  readonly findAccount: Everybody['findAccount'];
  readonly signingKeys: SigningKeys;
  readonly cookieKeys: CookieKeys;
  readonly clock: Clock;
  readonly registrationNames: RegistrationNames;
}

/** oidc-provider with everything this server does not do switched off, and the token endpoint left to ours. */
export function createProvider(rules: ProviderRules, parts: ProviderParts): Provider {
  const provider = new Provider(rules.publicUrl, configuration(rules, parts));
  // Host and protocol were pinned to PUBLIC_URL by the request normaliser; see there.
  provider.proxy = true;
  provider.Client.prototype.compareClientSecret = function (this: { clientSecret?: string }, presented) {
    return isClientSecret(this.clientSecret, presented);
  };
  provider.use(
    answerUnexpectedFault({
      support: rules.supportContact,
      onFault: (error) => provider.emit('server_error', undefined, error),
    }),
  );
  provider.use(addRetryAfter);
  const undecided = createUndecidedErrors(
    (clientId) => rules.clients.preregistered.get(clientId) !== undefined,
  );
  undecided.subscribe(provider);
  provider.use(undecided.middleware);
  provider.use(answerMissingSession(rules.supportContact));
  provider.use(
    createAnswerCorrection({
      scopes: rules.scopes,
      clientDocuments: rules.clients.documents !== undefined,
      cors: rules.metadataCors,
      resources: rules.resources.map((entry) => entry.identifier),
    }),
  );
  // Known to the library, so that clients may ask for them; what answers them is the token endpoint of `token/`.
  for (const grantType of CLIENT_DEFAULTS.grant_types) provider.registerGrantType(grantType, neverReached);
  return provider;
}

function neverReached(): never {
  throw new TypeError('a token request reached oidc-provider');
}

const PROVIDER_ROUTES = {
  authorization: ROUTES.authorization,
  token: ROUTES.token,
  registration: ROUTES.registration,
  revocation: ROUTES.revocation,
  jwks: ROUTES.jwks,
  device_authorization: ROUTES.deviceAuthorization,
  code_verification: ROUTES.device,
};

function configuration(rules: ProviderRules, parts: ProviderParts): Configuration {
  const cookies = cookieRules(rules.publicUrl);
  const cookieOptions = { httpOnly: true, sameSite: 'lax', signed: true, secure: cookies.secure } as const;
  return {
    adapter: parts.adapter,
    jwks: { keys: parts.signingKeys.privateJwks().map((key) => ({ ...key })) },
    findAccount: async (_ctx, sub) => await findAccount(parts, sub),
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : await ctx.oidc.provider.Grant.find(grantId);
    },
    renderError: renderError(rules.supportContact),
    routes: PROVIDER_ROUTES,
    interactions: {
      policy: createInteractionPolicy(),
      url: (_ctx, interaction) => interactionPath(interaction.uid),
    },
    cookies: {
      keys: parts.cookieKeys,
      names: { session: cookies.session, interaction: cookies.interaction, resume: cookies.resume },
      long: cookieOptions,
      short: cookieOptions,
    },
    responseTypes: ['code'],
    scopes: [],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS] },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims) => {
      requireShortAssertion(Number(claims['exp']), epochSeconds(parts.clock));
    },
    clientDefaults: { ...CLIENT_DEFAULTS, id_token_signed_response_alg: 'ES256' },
    // The endpoints it guards use no cookies, and editors send origins that no redirect URI matches.
    clientBasedCORS: () => true,
    expiresWithSession: () => false,
    ttl: {
      AccessToken: () => rules.tokens.accessTokenSeconds,
      AuthorizationCode: CODE_TTL_SECONDS,
      DeviceCode: DEVICE_CODE_TTL_SECONDS,
      Grant: rules.tokens.grantMs / 1000,
      IdToken: CODE_TTL_SECONDS,
      Interaction: INTERACTION_TTL_SECONDS,
      Session: (_ctx, session) => sessionTtl(session.loginTs, epochSeconds(parts.clock)),
    },
    features: features(rules, parts),
  };
}

function features(
  rules: ProviderRules,
  { registrationNames }: Pick<ProviderParts, 'registrationNames'>,
): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    dPoP: { enabled: false },
    registration: {
      enabled: rules.clients.registration !== 'off',
      issueRegistrationAccessToken: false,
      idFactory: (ctx) => registrationNames.nameOf(ctx.req),
      secretFactory: newClientSecret,
    },
    deviceFlow: { enabled: true, ...deviceSources },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => rules.resources[0].identifier,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, identifier) => {
        const resource = findResource(rules.resources, identifier);
        if (resource === undefined) throw new errors.InvalidTarget('the resource is not served here');
        return {
          scope: toProviderScope(rules.scopes.allowed),
          audience: resource.identifier,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        };
      },
    },
  };
}

function requireShortAssertion(expiresAt: number, now: number): void {
  if (!(expiresAt <= now + MAX_ASSERTION_SECONDS)) {
    throw new errors.InvalidClientAuth('the client assertion lives longer than 10 minutes');
  }
}

async function findAccount(parts: Pick<ProviderParts, 'findAccount'>, sub: string) {
  const account = await parts.findAccount(sub);
  return account && { accountId: sub, claims: () => Promise.resolve({ sub }) };
}

/** At most 8 h since the sign-in at GitHub, at most 1 h without use. */
function sessionTtl(loginTs: number | undefined, now: number): number {
  const rest = (loginTs ?? now) + SESSION_TTL_SECONDS - now;
  return Math.max(1, Math.min(SESSION_IDLE_SECONDS, rest));
}

async function addRetryAfter(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (ctx.status === 503) ctx.set('retry-after', String(RETRY_AFTER_SECONDS));
}

/** Errors that must not be redirected (unknown client, bad redirect URI) become a page; nothing sent is echoed. */
const renderError =
  (support: string | undefined): NonNullable<Configuration['renderError']> =>
  (ctx, _out, error) => {
    const isOurs = ctx.status >= 500;
    ctx.set({ ...PAGE_HEADERS });
    ctx.body = messagePage({
      ...(isOurs ? UNAVAILABLE : explain(error)),
      requestId: ctx.res.getHeader('x-request-id')?.toString(),
      support,
    });
  };

const UNAVAILABLE = {
  title: 'Sign-in is not available right now',
  explanation: 'A part of the service is not reachable. Nothing was changed.',
  next: 'Try again in a moment from the application.',
};

function explain(error: Error) {
  const title = 'This sign-in request cannot be used';
  if (error instanceof errors.InvalidClient) {
    // Editors keep a dead registration for good: only the person can make them register anew.
    return {
      title: 'This application is not registered here (any more)',
      explanation: 'It was removed here, or it was registered at another server with this address.',
      next: 'In the application, sign out of this server or remove it and add it again: it then registers anew.',
    };
  }
  const next = 'Start again from the application; if it happens again, tell the people who made it.';
  if (error instanceof errors.InvalidRedirectUri) {
    return { title, explanation: 'The address to return to is not one the application registered.', next };
  }
  if (error instanceof errors.SessionNotFound) {
    const explanation = 'The request has expired, was already finished, or belongs to another browser.';
    return { title, explanation, next };
  }
  return { title, explanation: 'The application sent a request that is incomplete or not allowed.', next };
}
