import { isLoopbackUrl } from '../../shared/outgoing-http/index.ts';

/** Which web pages may call an MCP endpoint. */
export interface OriginRule {
  /** Origins as browsers write them, ours among them; compared exactly. */
  readonly listed: readonly string[];
  /** Whether a page that this machine serves may, whatever its port. */
  readonly loopback: boolean;
  /** Lower-case domains; https pages of these hosts, and of every host under them, may on the default port. */
  readonly domains: readonly string[];
}

/**
 * Whether a request with these `Origin` headers may reach an MCP endpoint (DNS rebinding, MCP streamable-http): none
 * means a program, one must be on the rule, several are no browser's (RFC 6454 §7.3). `null` is on no rule: every
 * sandboxed frame of every site sends it.
 */
export function isAllowedOrigin(values: readonly string[], rule: OriginRule): boolean {
  const [origin, ...others] = values;
  if (origin === undefined) return true;
  if (others.length > 0) return false;
  if (rule.listed.includes(origin)) return true;
  const url = parseOrigin(origin);
  if (url === undefined) return false;
  if (rule.loopback && isLoopbackUrl(url)) return true;
  if (url.protocol !== 'https:' || url.port !== '') return false;
  return rule.domains.some((domain) => isAtOrUnder(url.hostname, domain));
}

/**
 * An origin spelled as every browser spells it (RFC 6454 §6.2). Upper case, a path, user information, a default port or
 * another spelling of an address comes from no browser, and comparing what a parser forgave invites tricks.
 */
function parseOrigin(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.origin === text && url.port !== '0' ? url : undefined;
}

/** Label by label: `evil-corp.example` ends in `corp.example` and is somebody else's. */
function isAtOrUnder(host: string, domain: string): boolean {
  const labels = host.split('.');
  const under = domain.split('.').length;
  return !labels.includes('') && labels.slice(-under).join('.') === domain;
}
