import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { parseNoProxy } from './no-proxy.ts';
import type { NoProxyMatcher } from './no-proxy.ts';

export interface OutgoingHttpOptions {
  /** Proxy for https targets, reached by CONNECT; may carry credentials. */
  readonly httpsProxy?: string | undefined;
  /** `NO_PROXY` list: targets that are reached directly. */
  readonly noProxy?: string | undefined;
  /** PEM certificates trusted besides the default roots, for an inspecting proxy or a private GitHub host. */
  readonly extraCa?: string | undefined;
  readonly userAgent: string;
  /**
   * For URLs that strangers choose: only names that lead to public addresses are connected to, and none through a
   * proxy, where the address is not ours to see. `trustedHosts` (`host` or `host:port`) are exempt. `nameServers`
   * (`address:port`) are asked in place of the system's.
   */
  readonly publicOnly?: {
    readonly trustedHosts: readonly string[];
    readonly nameServers?: readonly string[] | undefined;
  };
  /** Milliseconds for DNS, TCP and TLS of one connection. Default 5000. */
  readonly connectTimeoutMs?: number;
}

export interface CheckedOptions {
  readonly proxy: URL | undefined;
  readonly bypassesProxy: NoProxyMatcher;
  readonly ca: string[] | undefined;
  readonly userAgent: string;
  readonly connectTimeoutMs: number;
}

/** An option that cannot be used; `option` names it. The text never repeats the value: a proxy URL holds a password. */
export class OutgoingHttpOptionError extends Error {
  override readonly name = 'OutgoingHttpOptionError';
  readonly option: keyof OutgoingHttpOptions;

  constructor(option: keyof OutgoingHttpOptions, problem: string) {
    super(`${option}: ${problem}`);
    this.option = option;
  }
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** Checks the options once, at start. @throws OutgoingHttpOptionError for the first one that cannot be used. */
export function checkOptions(options: OutgoingHttpOptions): CheckedOptions {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(options.userAgent)) {
    throw new OutgoingHttpOptionError('userAgent', 'must be printable ASCII and not empty');
  }
  const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  if (!Number.isInteger(connectTimeoutMs) || connectTimeoutMs < 1 || connectTimeoutMs > 60_000) {
    throw new OutgoingHttpOptionError('connectTimeoutMs', 'must be 1–60000');
  }
  return {
    proxy: options.httpsProxy === undefined ? undefined : parseProxy(options.httpsProxy),
    bypassesProxy: parseNoProxy(options.noProxy ?? ''),
    ca:
      options.extraCa === undefined
        ? undefined
        : [...getCACertificates('default'), ...parsePem(options.extraCa)],
    userAgent: options.userAgent,
    connectTimeoutMs,
  };
}

/** @throws OutgoingHttpOptionError */
export function parseProxy(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new OutgoingHttpOptionError('httpsProxy', 'must be an http:// or https:// URL');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new OutgoingHttpOptionError('httpsProxy', 'must not have a path, query or fragment');
  }
  return url;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A bundle in which one block is damaged is refused whole: TLS would drop that block without a word. */
function parsePem(pem: string): string[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  const announced = pem.split('-----BEGIN ').length - 1;
  if (blocks.length === 0 || blocks.length !== announced) {
    throw new OutgoingHttpOptionError('extraCa', 'must be PEM certificates and nothing else');
  }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      throw new OutgoingHttpOptionError('extraCa', `certificate ${String(index + 1)} cannot be read`);
    }
  }
  return blocks;
}
