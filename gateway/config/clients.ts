import { z } from 'zod';
import {
  defaultedField,
  integerBetween,
  listOf,
  oneOf,
  optionalField,
  secretSource,
  textAcceptedBy,
  trueOrFalse,
} from '../../shared/config/index.ts';
import type { ConfigOf, CrossCheck, Objection, SecretFiles } from '../../shared/config/index.ts';
import type { SecretFollower } from '../../shared/secrets/index.ts';
import type { ClientOptions, DocumentRules } from '../clients/index.ts';
import { DEFAULT_SCHEMES, isRedirectListEntry, parsePreregisteredClients } from '../clients/index.ts';
import type { AddressLimits } from '../limits/index.ts';

const documentHost = z
  .string()
  .regex(
    /^[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/,
    'must be a lower-case host name, with a port where it is not 443',
  );

/** How clients become known, what they may bring, and how often they may ask. */
export const clientFields = {
  clientRegistration: defaultedField({
    env: 'CLIENT_REGISTRATION',
    schema: oneOf(['open', 'allowlist', 'off']),
    default: 'open',
    description:
      'Whether clients may make themselves known (RFC 7591): all, those whose redirect URIs are on `CLIENT_REDIRECT_ALLOWLIST`, or none. With `off` only clients of `CLIENTS_FILE` are served, and documents of the hosts in `CIMD_ALLOWED_HOSTS`; the grants of others end at their next refresh.',
    remedy: 'Set open, allowlist or off.',
  }),
  supportContact: optionalField({
    env: 'SUPPORT_CONTACT',
    schema: z.string().regex(/^[\x20-\x7e]{3,200}$/, 'must be an address or a short sentence in ASCII'),
    whenAbsent: 'not shown',
    description:
      'Whom people ask for help: an https or mailto URL, or a sentence. Shown on pages that report a fault.',
    remedy: 'For example mailto:platform@example.com',
  }),
  clientRedirectAllowlist: optionalField({
    env: 'CLIENT_REDIRECT_ALLOWLIST',
    schema: listOf(
      z.string().refine(isRedirectListEntry, 'must be loopback, a scheme, an https origin or a URI'),
    ),
    whenAbsent: 'none',
    description:
      'Redirect URIs that clients may register or name in their document with `CLIENT_REGISTRATION=allowlist`: `loopback`, a scheme such as `cursor:`, a path of one such as `cursor://anysphere.cursor-mcp/` (all below it), an https origin, or a whole URI. Others are dropped; a client left with none is refused.',
    remedy: 'For example loopback,https://claude.ai,cursor:',
  }),
  clientRedirectSchemes: defaultedField({
    env: 'CLIENT_REDIRECT_SCHEMES',
    schema: listOf(z.string().regex(/^[a-z][a-z0-9+.-]*$/, 'must be URI schemes without a colon')),
    default: DEFAULT_SCHEMES.join(','),
    description:
      'Private-use schemes that clients may register as redirect URIs (RFC 8252 §7.1); `reverse-domain` stands for all such as com.example.app.',
    remedy: 'Name schemes without a colon.',
  }),
  maxUnusedClients: defaultedField({
    env: 'MAX_UNUSED_CLIENTS',
    schema: integerBetween({ min: 1, max: 10_000_000 }),
    default: '10000',
    description:
      'Registered clients that nobody has ever signed in with; one more removes the oldest of them. They are forgotten after 7 days anyway.',
    remedy: 'Raise it when more people than this add the server within a week and do not sign in.',
  }),
  clientDocuments: defaultedField({
    env: 'CIMD_ENABLED',
    schema: trueOrFalse,
    default: 'true',
    description:
      'Whether clients may be known by the URL of their metadata document. Behind HTTPS_PROXY this needs CIMD_ALLOWED_HOSTS.',
    remedy: 'Set true or false.',
  }),
  authorizationsPerMinute: defaultedField({
    env: 'AUTHORIZATION_LIMIT',
    schema: integerBetween({ min: 1, max: 10_000_000 }),
    default: '600',
    unit: 'per minute',
    description:
      'Most authorization requests and sign-in pages from one address (IPv6: one /56 network), over all gateways, and as many device authorization requests; more are answered 429.',
    remedy: 'Set a number from 1 to 10000000.',
  }),
  tokenRequestsPerMinute: defaultedField({
    env: 'TOKEN_LIMIT',
    schema: integerBetween({ min: 1, max: 10_000_000 }),
    default: '3000',
    unit: 'per minute',
    description:
      'Most requests to the token and revocation endpoints from one address (IPv6: one /56 network), over all gateways; more are answered 429. Hosted clients refresh for many people from few addresses.',
    remedy: 'Set a number from 1 to 10000000.',
  }),
  registrationsPerHour: defaultedField({
    env: 'REGISTRATION_LIMIT',
    schema: integerBetween({ min: 1, max: 1_000_000 }),
    default: '100',
    unit: 'per hour',
    description:
      'Most registrations from one address (IPv6: one /56 network), over all gateways; more are answered 429. Behind a load balancer this needs `TRUSTED_PROXIES`, or everybody has the address of the load balancer.',
    remedy: 'Set a number from 1 to 1000000.',
  }),
  preregisteredClients: optionalField({
    env: 'CLIENTS_FILE',
    schema: textAcceptedBy(parsePreregisteredClients),
    whenAbsent: 'none',
    readsFile: true,
    description:
      'JSON list of clients known beforehand: `client_id`, `redirect_uris`, `client_name`; a confidential one also `token_endpoint_auth_method` and `client_secret`. A change counts within 5 seconds, a list with a fault changes nothing. Removing one ends its use.',
    remedy: 'Name a file such as [{"client_id":"ide","redirect_uris":["http://127.0.0.1/callback"]}].',
  }),
  clientDocumentHosts: optionalField({
    env: 'CIMD_ALLOWED_HOSTS',
    schema: listOf(documentHost),
    whenAbsent: 'every public host; with `CLIENT_REGISTRATION=off` none',
    description:
      'The only hosts whose documents are fetched. They are trusted: their addresses may be private and they are fetched through HTTPS_PROXY.',
    remedy: 'List host names such as claude.ai,vscode.dev, with a port where it is not 443.',
  }),
};

type Fields = typeof clientFields;
type Values = ConfigOf<Fields>;

/** A list without the mode would be ignored, and the mode without a list would let nobody in. */
function objectToRedirectList({
  clientRegistration,
  clientRedirectAllowlist,
}: Values): readonly Objection<Fields>[] {
  const isListed = clientRegistration === 'allowlist';
  if (isListed === (clientRedirectAllowlist !== undefined)) return [];
  const problem = isListed
    ? 'is required with CLIENT_REGISTRATION=allowlist'
    : 'has no effect without CLIENT_REGISTRATION=allowlist';
  return [{ key: 'clientRedirectAllowlist', problem }];
}

export const clientChecks: readonly CrossCheck<Fields>[] = [
  { needs: ['clientRegistration', 'clientRedirectAllowlist'], check: objectToRedirectList },
];

/** How much one address may ask for. */
export function addressLimits(config: Values): AddressLimits {
  const { registrationsPerHour, authorizationsPerMinute, tokenRequestsPerMinute } = config;
  return { registrationsPerHour, authorizationsPerMinute, tokenRequestsPerMinute };
}

/** Whether clients may be known by a document, and whose. */
export function documentRules(config: Values & { readonly httpsProxy: string | undefined }): DocumentRules {
  return {
    registration: config.clientRegistration,
    enabled: config.clientDocuments,
    allowedHosts: config.clientDocumentHosts,
    isProxied: config.httpsProxy !== undefined,
  };
}

/** Who may be a client. The list of CLIENTS_FILE is as the file is now: one with a fault in it changes nothing. */
export function clientOptions(
  config: Values & { readonly secretFiles: SecretFiles },
  secrets: Pick<SecretFollower, 'follow'>,
  areDocumentsOn: boolean,
): ClientOptions {
  const source = secretSource(config, 'preregisteredClients');
  let clients = parsePreregisteredClients(source?.text ?? '[]');
  if (source !== undefined) {
    secrets.follow(source, (text) => {
      clients = parsePreregisteredClients(text);
    });
  }
  return {
    registration: config.clientRegistration,
    registrationRules: {
      schemes: config.clientRedirectSchemes,
      redirectList: config.clientRedirectAllowlist,
    },
    maxUnused: config.maxUnusedClients,
    preregistered: { get: (clientId) => clients.get(clientId) },
    documents: areDocumentsOn ? { allowedHosts: config.clientDocumentHosts } : undefined,
  };
}
