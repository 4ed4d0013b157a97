import { BlockList, isIP, isIPv6 } from 'node:net';

/** Answers whether a target is reached without the proxy. */
export type NoProxyMatcher = (target: URL) => boolean;

interface DomainRule {
  readonly name: string;
  readonly port: string | undefined;
}

interface NoProxyRules {
  everything: boolean;
  readonly domains: DomainRule[];
  readonly addresses: BlockList;
  readonly addressesWithPort: DomainRule[];
}

/**
 * Reads a `NO_PROXY` list the way curl does and returns its matcher.
 *
 * Entries are separated by commas or blanks, in any case: `example.com` and `.example.com` match the name and its
 * sub-domains, `example.com:8443` only that port, `192.0.2.1`, `192.0.2.0/24` and `::1` addresses, `*` everything.
 * `*.example.com` is read as `.example.com`. An entry that is none of these is ignored, as curl does: the target then
 * goes through the proxy, which is the restrictive side.
 *
 * @see curl(1), ENVIRONMENT, NO_PROXY
 */
export function parseNoProxy(value: string): NoProxyMatcher {
  const rules: NoProxyRules = {
    everything: false,
    domains: [],
    addresses: new BlockList(),
    addressesWithPort: [],
  };
  for (const entry of value.toLowerCase().split(/[\s,]+/)) addRule(rules, entry);
  return (target) => matches(rules, target);
}

function addRule(rules: NoProxyRules, entry: string): void {
  if (entry === '') return;
  if (entry === '*') {
    rules.everything = true;
    return;
  }
  if (entry.includes('/')) {
    addSubnet(rules.addresses, entry);
    return;
  }
  const { host, port } = splitPort(entry);
  if (isIP(host) !== 0) addAddress(rules, host, port);
  else addDomain(rules, host, port);
}

function addAddress(rules: NoProxyRules, name: string, port: string | undefined): void {
  if (port === undefined) rules.addresses.addAddress(name, isIPv6(name) ? 'ipv6' : 'ipv4');
  else rules.addressesWithPort.push({ name, port });
}

function addDomain(rules: NoProxyRules, host: string, port: string | undefined): void {
  const name = host.replace(/^\*?\./, '').replace(/\.$/, '');
  if (/^[^:*[\]]+$/.test(name)) rules.domains.push({ name, port });
}

function addSubnet(addresses: BlockList, entry: string): void {
  const [network = '', prefix = ''] = entry.split('/', 2);
  const version = isIP(network);
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (version === 4 && bits <= 32) addresses.addSubnet(network, bits, 'ipv4');
  if (version === 6 && bits <= 128) addresses.addSubnet(network, bits, 'ipv6');
}

function splitPort(entry: string): { host: string; port: string | undefined } {
  if (isIPv6(entry)) return { host: entry, port: undefined };
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry);
  if (match === null) return { host: '', port: undefined };
  return { host: match[1] ?? match[2] ?? '', port: match[3] };
}

function matches(rules: NoProxyRules, target: URL): boolean {
  if (rules.everything) return true;
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const port = target.port === '' ? defaultPort(target.protocol) : target.port;
  const version = isIP(host);
  if (version !== 0) {
    if (rules.addresses.check(host, version === 6 ? 'ipv6' : 'ipv4')) return true;
    return rules.addressesWithPort.some((rule) => rule.name === host && rule.port === port);
  }
  return rules.domains.some(
    (rule) =>
      (rule.port === undefined || rule.port === port) &&
      (host === rule.name || host.endsWith(`.${rule.name}`)),
  );
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}
