import { z } from 'zod';
import {
  anyUrl,
  defaultedField,
  oneOf,
  optionalField,
  requiredField,
  scopes,
} from '../../shared/config/index.ts';
import type { ConfigOf, CrossCheck, Objection } from '../../shared/config/index.ts';
import { ROUTES } from '../http/index.ts';
import type { listenerFields } from './listeners.ts';
import { publicUrlOf } from './listeners.ts';

/** The app at GitHub that people sign in with. */
export const githubFields = {
  githubOauthClientId: requiredField({
    env: 'GITHUB_OAUTH_CLIENT_ID',
    schema: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable ASCII without spaces'),
    description: 'Client id of the OAuth App or GitHub App that signs people in.',
    remedy: 'Copy it from the settings page of the app at GitHub.',
  }),
  githubOauthClientSecret: requiredField({
    env: 'GITHUB_OAUTH_CLIENT_SECRET',
    schema: z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be printable ASCII without spaces'),
    secret: true,
    description: 'Client secret of that app.',
    remedy: 'Generate one on the settings page of the app at GitHub.',
  }),
  githubOauthRedirectUri: optionalField({
    env: 'GITHUB_OAUTH_REDIRECT_URI',
    schema: anyUrl,
    whenAbsent: '`<PUBLIC_URL>/auth/callback`',
    description: 'Where GitHub sends the browser back to, exactly as registered with the app.',
    remedy: 'Remove it, and register <PUBLIC_URL>/auth/callback with the app at GitHub.',
  }),
  githubOauthScopes: defaultedField({
    env: 'GITHUB_OAUTH_SCOPES',
    schema: scopes,
    default: 'repo,read:user,read:org',
    description: 'GitHub scopes that clients may ask for; `none` for a GitHub App.',
    remedy: 'List scope names separated by commas or spaces.',
  }),
  githubOauthBaselineScopes: optionalField({
    env: 'GITHUB_OAUTH_BASELINE_SCOPES',
    schema: scopes,
    whenAbsent: '`read:user`',
    description: 'Scopes that metadata and the first challenge advertise; the rest is had by step-up.',
    remedy: 'List scopes that GITHUB_OAUTH_SCOPES contains.',
  }),
  oauthEnabled: optionalField({
    env: 'GITHUB_OAUTH_ENABLED',
    schema: oneOf(['true']),
    whenAbsent: 'true',
    description: 'Accepted for existing deployments; signing in cannot be turned off.',
    remedy:
      'This product is the hosted gateway, whose callers always sign in: remove the variable, or run the local stdio server instead.',
  }),
  transport: optionalField({
    env: 'MCP_TRANSPORT',
    schema: oneOf(['http']),
    whenAbsent: 'http',
    description: 'Accepted for existing deployments; the gateway speaks Streamable HTTP only.',
    remedy:
      'This product is the hosted gateway, reached over HTTP: remove the variable, or run the local stdio server instead.',
  }),
};

type Fields = typeof githubFields & Pick<typeof listenerFields, 'publicUrl' | 'httpPort' | 'callbackServer'>;
type Values = ConfigOf<Fields>;

/**
 * The browser-bound cookie of a login is set on our origin: it would never arrive at another one, unless the callback
 * listener is there to send the browser on.
 */
function objectToForeignCallback(values: Values): readonly Objection<Fields>[] {
  const redirect = values.githubOauthRedirectUri;
  if (redirect === undefined || redirect === publicUrlOf(values) + ROUTES.callback) return [];
  if (values.callbackServer && new URL(redirect).pathname === ROUTES.callback) return [];
  return [
    {
      key: 'githubOauthRedirectUri',
      problem: `must be ${publicUrlOf(values)}${ROUTES.callback}, or end in ${ROUTES.callback} with ENABLE_OAUTH_CALLBACK_SERVER=true`,
    },
  ];
}

export const githubChecks: readonly CrossCheck<Fields>[] = [
  {
    needs: ['publicUrl', 'httpPort', 'githubOauthRedirectUri', 'callbackServer'],
    check: objectToForeignCallback,
  },
];

/** Where GitHub sends browsers back to. */
export function redirectUriOf(
  values: Pick<Values, 'githubOauthRedirectUri' | 'publicUrl' | 'httpPort'>,
): string {
  return values.githubOauthRedirectUri ?? publicUrlOf(values) + ROUTES.callback;
}
