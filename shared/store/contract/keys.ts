import { hash } from 'node:crypto';

/**
 * How much of a record an operating-system crash may lose. `durable`: a resolved write survives it. `relaxed`:
 * the last moments may be lost, and losing the record costs a user at most one repeated click.
 */
export type Durability = 'durable' | 'relaxed';

/**
 * What stands between a record and whoever can write the store. `mac`: it grants or ends power, and is believed only with a
 * MAC over key, content and expiry. Anything else says why believing it does no harm.
 */
export type Guard = 'mac' | { readonly harmless: string };

const INDEX: Guard = { harmless: 'an index: what it names is read and verified' };
const LEASE: Guard = { harmless: 'a lease: taken wrongly, work is done twice or a little later' };

const KINDS = {
  client: ['durable', 'mac'],
  'unused-clients': ['durable', INDEX],
  'blocked-client': ['durable', 'mac'],
  'client-under-way': ['relaxed', 'mac'],
  grant: ['durable', 'mac'],
  'refresh-receipt': ['relaxed', 'mac'],
  'account-grants': ['durable', INDEX],
  'grants-due': ['durable', INDEX],
  code: ['durable', 'mac'],
  'used-assertion': ['durable', 'mac'],
  'device-code': ['durable', 'mac'],
  'user-code': ['relaxed', 'mac'],
  'device-poll': ['relaxed', { harmless: 'when a device polled last: it may poll more often' }],
  account: ['durable', 'mac'],
  membership: ['relaxed', 'mac'],
  organization: ['durable', 'mac'],
  'webhook-delivery': ['relaxed', 'mac'],
  credential: [
    'durable',
    { harmless: 'workers read it and have no MAC key; its token is sealed to key, owner and version' },
  ],
  'credential-upstream': ['durable', 'mac'],
  'credential-index': ['durable', 'mac'],
  retirement: ['durable', 'mac'],
  'retirements-due': ['durable', INDEX],
  'refused-credentials': [
    'relaxed',
    { harmless: 'a signal of workers: GitHub is asked before anything ends' },
  ],
  'upstream-sweep-lease': ['relaxed', LEASE],
  'credential-refresh-lease': ['relaxed', LEASE],
  'signing-keys': ['durable', 'mac'],
  revocations: ['durable', { harmless: 'a feed: an entry ends access and gives none' }],
  session: ['relaxed', 'mac'],
  'session-uid': ['relaxed', 'mac'],
  'account-session': ['relaxed', 'mac'],
  interaction: ['relaxed', 'mac'],
  login: ['relaxed', 'mac'],
  'arrivals-due': ['relaxed', INDEX],
  'client-document': ['relaxed', 'mac'],
  'unused-documents': ['relaxed', INDEX],
  'address-count': ['relaxed', { harmless: 'a counter of limits, which hold without it' }],
  'step-up-question': ['relaxed', { harmless: 'that a person was asked: they are asked again, or not' }],
} as const satisfies Record<string, readonly [Durability, Guard]>;

export type KeyKind = keyof typeof KINDS;

/** The name of every kind. */
export const KEY_KINDS: readonly string[] = Object.keys(KINDS);

export interface Key {
  readonly kind: KeyKind;
  readonly durability: Durability;
  readonly guard: Guard;
  /** Records with the same tag may be changed in one commit. */
  readonly tag: string;
  /** `ocg:<kind>:{<tag>}`; the braces make the tag the Redis Cluster hash tag. */
  readonly text: string;
}

/** Keys hold hashes of what was presented, so that a dump of the store is not a list of tokens. */
function digest(...parts: readonly string[]): string {
  return hash('sha256', parts.join('\n'), 'base64url');
}

function key(kind: KeyKind, tag: string): Key {
  const [durability, guard] = KINDS[kind];
  return { kind, durability, guard, tag, text: `ocg:${kind}:{${tag}}` };
}

/** Every key of the product; no key is built anywhere else. Content and lifetimes: shared/store/README.md. */
export const keys = {
  client: (clientId: string) => key('client', digest(clientId)),
  /** A client that an operator shut out. */
  blockedClient: (clientId: string) => key('blocked-client', digest(clientId)),
  /** The set of clients that never held a grant, by when they are forgotten. */
  unusedClients: () => key('unused-clients', 'gateway'),
  /** That somebody is signing in with a client. */
  clientUnderWay: (clientId: string) => key('client-under-way', digest(clientId)),
  /** A client ID metadata document as last fetched. */
  clientDocument: (clientId: string) => key('client-document', digest(clientId)),
  /** The set of documents that nobody signed in with, by when they are forgotten. */
  unusedDocuments: () => key('unused-documents', 'gateway'),
  session: (sessionId: string) => key('session', digest(sessionId)),
  sessionByUid: (uid: string) => key('session-uid', digest(uid)),
  /** Who is signed in at the account page; `token` is the cookie's value. */
  accountSession: (token: string) => key('account-session', digest(token)),
  interaction: (uid: string) => key('interaction', digest(uid)),
  /** Where a login stands. */
  login: (name: string) => key('login', digest(name)),
  /** The set of logins that wait for a second decision, by when nobody can make it any more. */
  arrivalsDue: () => key('arrivals-due', 'gateway'),
  code: (code: string) => key('code', digest(code)),
  deviceCode: (deviceCode: string) => key('device-code', digest(deviceCode)),
  /** Points to the device code (RFC 8628 §3.2). */
  userCode: (userCode: string) => key('user-code', digest(userCode)),
  /** When a device polled last. */
  devicePoll: (deviceCode: string) => key('device-poll', digest(deviceCode)),
  /** A client assertion (RFC 7523) that was used. */
  usedAssertion: (id: string) => key('used-assertion', digest(id)),
  /** A grant with its refresh family. */
  grant: (grantId: string) => key('grant', digest(grantId)),
  /** The latest refresh of a grant whose answer is known to have been received. */
  refreshReceipt: (grantId: string) => key('refresh-receipt', digest(grantId)),
  account: (githubHost: string, sub: string) => key('account', digest(githubHost, sub)),
  /** When GitHub last said that an account may be here. */
  membership: (githubHost: string, sub: string) => key('membership', digest(githubHost, sub)),
  /** The id of the organization that a login of `GITHUB_ORGANIZATION` means. */
  organization: (githubHost: string, login: string) => key('organization', digest(githubHost, login)),
  /** A webhook that was handled, by `X-GitHub-Delivery`. */
  webhookDelivery: (id: string) => key('webhook-delivery', digest(id)),
  /** The set of an account's grants by when they are forgotten. */
  accountGrants: (githubHost: string, sub: string) => key('account-grants', digest(githubHost, sub)),
  /** The set of a host's grants by when they would be idle. */
  grantsDue: (githubHost: string) => key('grants-due', digest(githubHost)),
  /** The part a worker reads. */
  credential: (githubHost: string, handle: string) => key('credential', digest(githubHost, handle)),
  /** The part only a gateway reads: the GitHub refresh token. */
  credentialUpstream: (githubHost: string, handle: string) =>
    key('credential-upstream', digest(githubHost, handle)),
  /** Held by the one gateway that refreshes a GitHub token. */
  credentialRefreshLease: (githubHost: string, handle: string) =>
    key('credential-refresh-lease', digest(githubHost, handle)),
  credentialIndex: (of: CredentialIdentity) =>
    key('credential-index', digest(of.githubHost, of.sub, of.app, of.scopes.join(' '))),
  /** A GitHub token that is to be deleted at GitHub. */
  retirement: (id: string) => key('retirement', digest(id)),
  /** The set of a host's retirements by when they are due. */
  retirementsDue: (githubHost: string) => key('retirements-due', digest(githubHost)),
  /** The set of grants whose GitHub token this GitHub refused to a worker; written by workers. */
  refusedCredentials: (githubHost: string) => key('refused-credentials', digest(githubHost)),
  /** Held by the one gateway that works on retirements and refusals. */
  upstreamSweepLease: () => key('upstream-sweep-lease', 'gateway'),
  /** That a person was asked for more scope at a client. */
  stepUpQuestion: (of: { sub: string; clientId: string; resource: string; scope: string }) =>
    key('step-up-question', digest(of.sub, of.clientId, of.resource, of.scope)),
  /** How often an address asked for something, in the window of time that ends then (ms). */
  addressCount: (limit: string, address: string, endsAt: number) =>
    key('address-count', digest(limit, address, String(endsAt))),
  signingKeys: () => key('signing-keys', 'gateway'),
  /** The feed of everything that was revoked lately; written by gateways, followed by all processes. */
  revocations: () => key('revocations', 'gateway'),
} as const;

/** What makes two sign-ins share one upstream credential: GitHub keeps ten live tokens per such set. */
export interface CredentialIdentity {
  readonly githubHost: string;
  readonly sub: string;
  /** The GitHub app's client id. */
  readonly app: string;
  /** Normalised: sorted, unique. */
  readonly scopes: readonly string[];
}
