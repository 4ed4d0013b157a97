import { Resolver } from 'node:dns/promises';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { LRUCache } from 'lru-cache';
import { isLoopbackName } from './loopback.ts';
import { ADDRESS_NOT_PUBLIC, isPublicAddress } from './public-address.ts';

/** The code of a name that was not asked for, because as many are being asked for as may be. */
export const TOO_MANY_NAMES = 'TOO_MANY_NAMES';

/** Names that are being resolved at one moment. */
const MAX_NAMES = 8;
/** How long a server of names has for its answer (ms); the request's deadline ends it earlier. */
const ANSWER_MS = 1_000;
/** A name that led nowhere is not asked for again for this long (ms). */
const FAILED_MS = 30_000;
const MAX_FAILED = 1_000;

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** The resolution that belongs to one request. */
export interface NameQuery {
  /** In the form that sockets take. What it answers was judged, and the socket connects to that and nothing else. */
  readonly lookup: (hostname: string, options: LookupOptions, callback: LookupCallback) => void;
  /** Ends every question that is still open; resolves when they make room for others. */
  readonly end: () => Promise<void>;
}

export interface StrangerNames {
  open(): NameQuery;
}

/**
 * Resolves names that strangers choose. Never by `getaddrinfo`: it waits on the thread pool that files, keys and every
 * other name of the process wait on, a name whose server is silent holds a thread for 10 s, and nothing can take it back.
 * Each request has a resolver of its own whose questions end with it; 8 names are asked for at once, each once. A hosts
 * file is not read, and `localhost` is this machine without a question (RFC 6761 §6.3).
 */
export function createStrangerNames(
  options: {
    /** `address:port` of servers to ask in place of the system's. */
    readonly servers?: readonly string[] | undefined;
    readonly isAllowed?: (address: string) => boolean;
  } = {},
): StrangerNames {
  const isAllowed = options.isAllowed ?? isPublicAddress;
  const asking = new Set<string>();
  const failed = new LRUCache<string, string>({ max: MAX_FAILED, ttl: FAILED_MS });

  async function resolve(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
    const known = failed.get(hostname);
    if (known !== undefined) throw fault(known);
    if (asking.has(hostname) || asking.size >= MAX_NAMES) throw fault(TOO_MANY_NAMES);
    asking.add(hostname);
    try {
      const addresses = await ask(resolver, hostname);
      if (!addresses.every(({ address }) => isAllowed(address))) throw fault(ADDRESS_NOT_PUBLIC);
      return addresses;
    } catch (error) {
      failed.set(hostname, codeOf(error));
      throw error;
    } finally {
      asking.delete(hostname);
    }
  }

  return {
    open: () => {
      const resolver = new Resolver({ timeout: ANSWER_MS, tries: 1 });
      if (options.servers !== undefined) resolver.setServers(options.servers);
      const open = new Set<Promise<unknown>>();
      return {
        end: async () => {
          resolver.cancel();
          await Promise.allSettled(open);
        },
        lookup: (hostname, { all }, callback) => {
          const asked = resolve(resolver, hostname).then(
            (addresses) => {
              const [first] = addresses;
              if (all === true) callback(null, addresses);
              else callback(null, first?.address ?? '', first?.family);
            },
            (error: unknown) => {
              callback(fault(codeOf(error)), []);
            },
          );
          open.add(asked);
        },
      };
    },
  };
}

const LOOPBACK: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Both families at once; one that is not there is no fault while the other is. Rejects when there is no address. */
async function ask(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
  if (isLoopbackName(hostname)) return LOOPBACK;
  const families = await Promise.allSettled([
    resolver.resolve4(hostname).then((found) => found.map((address) => ({ address, family: 4 }))),
    resolver.resolve6(hostname).then((found) => found.map((address) => ({ address, family: 6 }))),
  ]);
  const addresses = families.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  if (addresses.length > 0) return addresses;
  throw fault('ENOTFOUND');
}

function fault(code: string): Error {
  return Object.assign(new Error('the name does not lead to an address that is connected to'), { code });
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'ENOTFOUND';
}
