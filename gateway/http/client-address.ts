import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { ipKeyGenerator } from 'express-rate-limit';

/** Which field names the client; the other one is a stranger's text. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

export interface ForwardingRules {
  /** Addresses and networks of the load balancers whose forwarded field counts. */
  readonly trustedProxies: readonly string[];
  readonly forwardedHeader: ForwardedHeader;
}

/** The address a request came from, as one spelling of an IP address. */
export type FindClientAddress = (req: IncomingMessage) => string;

/**
 * Finds a client's address: the peer of the connection, or what a trusted one says of whom it forwards, hop by hop from
 * the nearest. What is no address (`unknown`, an obfuscated name, garbage) is nobody's: the hop that said it counts. A
 * balancer that passes the client's own field on would otherwise let everybody choose whom they are counted as.
 */
export function createClientAddresses(rules: ForwardingRules): FindClientAddress {
  const { trustedProxies, forwardedHeader: header } = rules;
  const isTrusted = createTrust(trustedProxies);
  return (req) => {
    let client = parseAddress(req.socket.remoteAddress ?? '') ?? '';
    if (!isTrusted(client)) return client;
    const text = [req.headers[header] ?? []].flat().join(',');
    const hops = header === 'forwarded' ? forwardedFor(text) : text.split(',');
    for (const hop of hops.reverse()) {
      const address = parseAddress(hop.trim());
      if (address === undefined) return client;
      client = address;
      if (!isTrusted(client)) return client;
    }
    return client;
  };
}

/** Gives a request its client's address as `req.ip`, for limits, coalescing and code guesses. */
export function assignClientAddress(req: IncomingMessage, address: string): void {
  Object.defineProperty(req, 'ip', { value: address, configurable: true });
}

/** Whether a peer is a load balancer of the operator's. */
export function createTrust(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [network = '', prefix] = entry.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(network, family);
    else trusted.addSubnet(network, Number(prefix), family);
  }
  return (address) => isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** What limits count by: an IPv4 address, or the /56 network that one IPv6 subscriber is given. */
export function addressGroup(address: string): string {
  return ipKeyGenerator(parseAddress(address) ?? address);
}

const BRACKETED = /^\[([^\]]*)\](?::\d{0,5})?$/;
const IPV4_WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{0,5}$/;
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Reads one node of a forwarded field (RFC 7239 §6; X-Forwarded-For as balancers write it): ports, brackets and zones are
 * not the name of the node, and an IPv4 address mapped into IPv6 is that IPv4 address. Undefined when it is no address.
 */
export function parseAddress(text: string): string | undefined {
  const bare = BRACKETED.exec(text)?.[1] ?? IPV4_WITH_PORT.exec(text)?.[1] ?? text;
  const [address = ''] = bare.split('%', 1);
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : undefined;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(canonical);
  if (mapped === null) return canonical;
  const bits = mapped.slice(1).map((group) => Number.parseInt(group, 16));
  return bits.flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

const ELEMENTS = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
const PAIRS = /(?:"(?:[^"\\]|\\.)*"|[^";])+/g;
const FOR = /^\s*for\s*=\s*(.*?)\s*$/i;

/** The `for` of every element (RFC 7239 §4); an element without one names nobody. */
function forwardedFor(text: string): string[] {
  return (text.match(ELEMENTS) ?? []).map((element) => {
    const values = (element.match(PAIRS) ?? []).flatMap((pair) => FOR.exec(pair)?.[1] ?? []);
    const [value = ''] = values;
    return /^".*"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
  });
}
