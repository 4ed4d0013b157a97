import { z } from 'zod';
import {
  addressOrNetwork,
  anyOrigin,
  anyUrl,
  defaultedField,
  integerBetween,
  listenHost,
  listOf,
  oneOf,
  optionalField,
  port,
  requiredField,
  scopes,
  secureOrigin,
  sharedFields,
  textAcceptedBy,
  trueOrFalse,
} from '../../shared/config/index.ts';
import { parseKeyRing } from '../../shared/vault/index.ts';
import { accessFields } from './access-fields.ts';
import { clientFields } from './client-fields.ts';
import { adminFields, sideListenerFields } from './listener-fields.ts';
import { originFields } from './origin-fields.ts';

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

const listeners = {
  publicUrl: optionalField({
    env: 'PUBLIC_URL',
    schema: secureOrigin,
    whenAbsent: '`http://localhost:<MCP_HTTP_PORT>`',
    description:
      'Origin under which clients and browsers reach the gateway: the issuer, and the base of every URL it emits.',
    remedy: 'Set the origin your load balancer serves, for example https://mcp.example.com.',
  }),
  httpHost: defaultedField({
    env: 'MCP_HTTP_HOST',
    schema: listenHost,
    default: 'localhost',
    description: 'Address of the public listener; `localhost` listens on both loopback addresses.',
    remedy: 'Set 0.0.0.0 or :: to be reached from other machines.',
  }),
  httpPort: defaultedField({
    env: 'MCP_HTTP_PORT',
    schema: port,
    default: '3000',
    description: 'Port of the public listener; 0 lets the system choose and needs `PUBLIC_URL`.',
    remedy: 'Set a free port.',
  }),
  opsHost: defaultedField({
    env: 'OPS_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of the operations listener (metrics, probes); never the public one.',
    remedy: 'Set the address your monitoring reaches.',
  }),
  opsPort: defaultedField({
    env: 'OPS_PORT',
    schema: port,
    default: '9464',
    description: 'Port of the operations listener; 0 lets the system choose.',
    remedy: 'Set a free port.',
  }),
  trustedProxies: optionalField({
    env: 'TRUSTED_PROXIES',
    schema: listOf(addressOrNetwork),
    whenAbsent: 'none: forwarded headers are ignored',
    description: 'Addresses and networks of the load balancers whose forwarded headers count.',
    remedy: 'List addresses or networks such as 10.0.0.0/8.',
  }),
  forwardedHeader: defaultedField({
    env: 'FORWARDED_HEADER',
    schema: oneOf(['x-forwarded-for', 'forwarded']),
    default: 'x-forwarded-for',
    description:
      'The field in which `TRUSTED_PROXIES` name the client: `x-forwarded-for`, or `forwarded` (RFC 7239). The other one is never read, since balancers pass it on as the client sent it.',
    remedy: 'Set x-forwarded-for or forwarded.',
  }),
  keepAliveSeconds: defaultedField({
    env: 'MCP_KEEP_ALIVE_TIMEOUT',
    schema: integerBetween({ min: 5, max: 3900 }),
    default: '65',
    unit: 'seconds',
    description:
      'How long an idle connection of the public listener is kept. It must be longer than the idle time of the load balancer, which else sends a request into a connection that is just being closed: 65 fits the 60 s of AWS and nginx, 620 the 600 s of Google Cloud.',
    remedy: 'Set some seconds more than the idle timeout of your load balancer.',
  }),
  maxConnections: optionalField({
    env: 'MCP_MAX_CONNECTIONS',
    schema: integerBetween({ min: 16, max: 1_000_000 }),
    whenAbsent: '10000, or fewer where the process may have fewer descriptors',
    description:
      'Most connections of the public listener, at most the descriptors of the process less a reserve; a quarter of them from one address that is not in `TRUSTED_PROXIES`. One more closes the one that has been idle for longest.',
    remedy: 'Raise it, and the limit of open files (ulimit -n), when clients keep many connections.',
  }),
  maxBodyBytes: defaultedField({
    env: 'MCP_MAX_BODY_BYTES',
    schema: integerBetween({ min: 1024, max: 67_108_864 }),
    default: '1048576',
    unit: 'bytes',
    description: 'Largest body of one MCP request; a larger one is answered 413.',
    remedy: 'Each open call may hold this much memory.',
  }),
  callsPerAccount: defaultedField({
    env: 'CALLS_PER_ACCOUNT',
    schema: integerBetween({ min: 1, max: 10_000 }),
    default: '32',
    description:
      'Calls of one account in flight at one gateway process; one more is answered 429 before its body is read.',
    remedy: 'Raise it for clients that call many tools at once.',
  }),
  streamsPerAccount: defaultedField({
    env: 'STREAMS_PER_ACCOUNT',
    schema: integerBetween({ min: 1, max: 10_000 }),
    default: '20',
    description: 'Open subscriptions of one account at one gateway process; one more is answered 429.',
    remedy: 'Raise it for people with many clients.',
  }),
  requestTimeoutSeconds: defaultedField({
    env: 'MCP_REQUEST_TIMEOUT',
    schema: integerBetween({ min: 1, max: 3600 }),
    default: '120',
    unit: 'seconds',
    description: 'Deadline of one MCP call, counted from its arrival; passing it is answered 504.',
    remedy: 'Stay below the idle timeout of your load balancer.',
  }),
};

const github = {
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

const tokens = {
  accessTokenTtlSeconds: defaultedField({
    env: 'ACCESS_TOKEN_TTL',
    schema: integerBetween({ min: 60, max: 3600 }),
    default: '300',
    unit: 'seconds',
    description:
      'Life of an access token, and so the longest a revocation can stay unseen when the store is away.',
    remedy: 'Clients refresh by themselves; short is safe.',
  }),
  refreshTokenIdleTtlSeconds: defaultedField({
    env: 'REFRESH_TOKEN_IDLE_TTL',
    schema: integerBetween({ min: 300, max: YEAR_SECONDS }),
    default: String(14 * DAY_SECONDS),
    unit: 'seconds',
    description: 'A grant whose refresh token is not used for so long ends.',
    remedy: 'Must be longer than ACCESS_TOKEN_TTL and not longer than REFRESH_TOKEN_MAX_TTL.',
  }),
  refreshTokenMaxTtlSeconds: defaultedField({
    env: 'REFRESH_TOKEN_MAX_TTL',
    schema: integerBetween({ min: 300, max: YEAR_SECONDS }),
    default: String(90 * DAY_SECONDS),
    unit: 'seconds',
    description: 'A grant of this age ends, however much it is used.',
    remedy: 'Must not be shorter than REFRESH_TOKEN_IDLE_TTL.',
  }),
  signingKeyMaxAgeSeconds: defaultedField({
    env: 'SIGNING_KEY_MAX_AGE',
    schema: integerBetween({ min: DAY_SECONDS, max: YEAR_SECONDS }),
    default: String(90 * DAY_SECONDS),
    unit: 'seconds',
    description:
      'A signing key of this age is replaced: the new one is published for 10 minutes before it signs, the old one verifies for 65 minutes after.',
    remedy: 'Set a number of seconds from a day to a year.',
  }),
  grantsPerClient: defaultedField({
    env: 'GRANTS_PER_CLIENT',
    schema: integerBetween({ min: 1, max: 1000 }),
    default: '20',
    description: 'Live grants one person may have at one client; one more ends the one unused for longest.',
    remedy: 'Raise it for clients that people use on many machines.',
  }),
  refreshTokenReuseWindowSeconds: defaultedField({
    env: 'REFRESH_TOKEN_REUSE_WINDOW',
    schema: integerBetween({ min: 0, max: 300 }),
    default: '30',
    unit: 'seconds',
    description:
      'How long a superseded refresh token still answers with its own successor, for clients that retry or race; later use ends the grant.',
    remedy: 'Keep it near the longest network retry of your clients.',
  }),
  gatewayKeys: optionalField({
    env: 'GATEWAY_KEYS',
    schema: textAcceptedBy(parseKeyRing),
    whenAbsent: 'generated in `STATE_DIR`',
    secret: true,
    description:
      'Keys that only gateways hold, in the form of `VAULT_KEYS`: they wrap signing keys and authenticate the records that grant power.',
    remedy: 'Make a key with: openssl rand -base64 32 | tr +/ -_ | tr -d =',
  }),
};

const workers = {
  workerUrls: requiredField({
    env: 'WORKER_URLS',
    schema: listOf(anyOrigin),
    description: 'Origins of the workers, separated by commas.',
    remedy: 'List origins such as http://127.0.0.1:8080.',
  }),
  workerAllowHttp: defaultedField({
    env: 'WORKER_ALLOW_HTTP',
    schema: trueOrFalse,
    default: 'false',
    description:
      'Accepts workers reached by plain http on other machines, where the network itself is trusted.',
    remedy: 'Set true or false.',
  }),
};

/** Every variable the gateway reads. */
export const gatewayConfigFields = {
  ...listeners,
  ...originFields,
  ...github,
  ...accessFields,
  ...tokens,
  ...clientFields,
  ...workers,
  ...adminFields,
  ...sideListenerFields,
  ...sharedFields,
};
