import { z } from 'zod';
import {
  addressOrNetwork,
  defaultedField,
  integerBetween,
  listenHost,
  listOf,
  oneOf,
  optionalField,
  port,
  secureOrigin,
  trueOrFalse,
} from '../../shared/config/index.ts';
import type { ConfigOf, CrossCheck, Objection } from '../../shared/config/index.ts';
import { connectionLimit } from '../../shared/listener/index.ts';
import type { EdgeOptions } from '../../shared/process/index.ts';
import { addressGroup, createTrust, parseAddress } from '../http/index.ts';

/** The public listener, the one for operations, and the address of the gateway itself. */
const publicFields = {
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
};

/** The admin API. */
const adminFields = {
  adminToken: optionalField({
    env: 'ADMIN_TOKEN',
    schema: z.string().regex(/^[\x21-\x7e]{32,256}$/, 'must be 32 to 256 visible ASCII characters'),
    whenAbsent: 'no admin API',
    secret: true,
    description: 'Bearer token of the admin API; without it the admin listener stays closed.',
    remedy: 'Make one with: openssl rand -base64 32',
  }),
  adminHost: defaultedField({
    env: 'ADMIN_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of the admin listener.',
    remedy: 'Set an address that only operators reach.',
  }),
  adminPort: defaultedField({
    env: 'ADMIN_PORT',
    schema: port,
    default: '9466',
    description: 'Port of the admin listener; 0 lets the system choose.',
    remedy: 'Set a free port.',
  }),
};

/** The listeners for discovery documents and for callbacks. */
const sideListenerFields = {
  metadataPort: optionalField({
    env: 'OAUTH_METADATA_PORT',
    schema: port,
    whenAbsent: 'no such listener',
    description: 'Port of a listener that serves the discovery documents and `/health` only.',
    remedy: 'Set a free port.',
  }),
  metadataHost: defaultedField({
    env: 'OAUTH_METADATA_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of that listener.',
    remedy: 'Set the address your load balancer reaches.',
  }),
  callbackServer: defaultedField({
    env: 'ENABLE_OAUTH_CALLBACK_SERVER',
    schema: trueOrFalse,
    default: 'false',
    description:
      'Opens a listener to which GitHub may send browsers, for a GitHub app whose callback URL is on another port; it sends them on to `PUBLIC_URL`.',
    remedy: 'Set true or false.',
  }),
  callbackHost: defaultedField({
    env: 'OAUTH_CALLBACK_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of the callback listener.',
    remedy: 'Set the address browsers reach.',
  }),
  callbackPort: defaultedField({
    env: 'OAUTH_CALLBACK_PORT',
    schema: port,
    default: '8765',
    description: 'Port of the callback listener; 0 lets the system choose.',
    remedy: 'Set the port in the callback URL of your GitHub app.',
  }),
};

/** Where the gateway listens, and how it treats connections. */
export const listenerFields = { ...publicFields, ...adminFields, ...sideListenerFields };

type Fields = typeof listenerFields;
type Values = ConfigOf<Fields>;
type Objections = readonly Objection<Fields>[];

/** The issuer and base of every URL: a bare origin. */
export function publicUrlOf(values: Pick<Values, 'publicUrl' | 'httpPort'>): string {
  return values.publicUrl ?? new URL(`http://localhost:${values.httpPort}`).origin;
}

/** Where a listener beside the public one opens, and which setting says so. */
export interface SideAddress {
  readonly name: 'admin' | 'metadata' | 'callback';
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly field: 'adminPort' | 'metadataPort' | 'callbackPort';
  readonly variable: string;
}

/** The side listeners that the configuration asks for. */
export function sideAddresses(
  values: ConfigOf<typeof adminFields & typeof sideListenerFields>,
): readonly SideAddress[] {
  const { adminHost, adminPort, metadataHost, metadataPort, callbackHost, callbackPort } = values;
  const addresses: SideAddress[] = [];
  if (values.adminToken !== undefined) {
    const at = { host: adminHost, port: adminPort } as const;
    addresses.push({ name: 'admin', ...at, field: 'adminPort', variable: 'ADMIN_PORT' });
  }
  if (metadataPort !== undefined) {
    const at = { host: metadataHost, port: metadataPort } as const;
    addresses.push({ name: 'metadata', ...at, field: 'metadataPort', variable: 'OAUTH_METADATA_PORT' });
  }
  if (values.callbackServer) {
    const at = { host: callbackHost, port: callbackPort } as const;
    addresses.push({ name: 'callback', ...at, field: 'callbackPort', variable: 'OAUTH_CALLBACK_PORT' });
  }
  return addresses;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whether two listeners cannot both be opened: one port, and an address that both would take. */
function collide(one: Address, other: Address): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  const [left, right] = [boundAddresses(one.host), boundAddresses(other.host)];
  return left.some((each) => isEveryAddress(each) || right.some((at) => isEveryAddress(at) || at === each));
}

function boundAddresses(host: string): readonly string[] {
  return host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
}

/** A listener on every address takes the port from all others. */
function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The issuer is in every token: it must be known before the system chooses a port. */
function objectToUnknownIssuer({ publicUrl, httpPort }: Values): Objections {
  if (publicUrl !== undefined || httpPort !== 0) return [];
  return [{ key: 'publicUrl', problem: 'is required when MCP_HTTP_PORT is 0' }];
}

function objectToSharedPort({ httpPort, opsPort }: Values): Objections {
  if (httpPort !== opsPort || httpPort === 0) return [];
  return [{ key: 'opsPort', problem: 'must differ from MCP_HTTP_PORT' }];
}

function objectToSharedSidePorts(values: Values): Objections {
  const taken = [
    { variable: 'MCP_HTTP_PORT', host: values.httpHost, port: values.httpPort },
    { variable: 'OPS_PORT', host: values.opsHost, port: values.opsPort },
  ];
  const objections: Objection<Fields>[] = [];
  for (const side of sideAddresses(values)) {
    const other = taken.find((each) => collide(each, side));
    if (other !== undefined) {
      objections.push({ key: side.field, problem: `must differ from ${other.variable}` });
    }
    taken.push(side);
  }
  return objections;
}

const SIDE_VALUES = [
  'httpHost',
  'httpPort',
  'opsHost',
  'opsPort',
  'adminToken',
  'adminHost',
  'adminPort',
  'metadataHost',
  'metadataPort',
  'callbackServer',
  'callbackHost',
  'callbackPort',
] as const;

export const listenerChecks: readonly CrossCheck<Fields>[] = [
  { needs: ['publicUrl', 'httpPort'], check: objectToUnknownIssuer },
  { needs: ['httpPort', 'opsPort'], check: objectToSharedPort },
  { needs: SIDE_VALUES, check: objectToSharedSidePorts },
];

/** One address must not shut out all others; behind one office's or platform's address there are many people. */
const SHARE_OF_ONE_ADDRESS = 1 / 4;

/** How the public listener treats connections and the form of requests. */
export function edgeOptions(config: Listeners): EdgeOptions {
  const max = connectionLimit(config.maxConnections);
  const isTrusted = createTrust(config.trustedProxies);
  return {
    form: { authorities: [new URL(config.publicUrl).host], loopbackNamesOnly: false },
    keepAliveMs: config.keepAliveSeconds * 1000,
    connections: {
      max,
      maxPerAddress: Math.ceil(max * SHARE_OF_ONE_ADDRESS),
      groupOf: (peer) => (isTrusted(parseAddress(peer) ?? peer) ? undefined : addressGroup(peer)),
    },
  };
}

interface Listeners extends Pick<Values, 'maxConnections' | 'keepAliveSeconds'> {
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
}
