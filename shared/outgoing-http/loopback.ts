import { isIPv4 } from 'node:net';

/** Whether a URL's host names this machine: `localhost`, `*.localhost` (RFC 6761 §6.3), 127.0.0.0/8 or `[::1]`. */
export function isLoopbackUrl(url: URL): boolean {
  const host = url.hostname;
  if (isLoopbackName(host) || host === '[::1]') return true;
  return isIPv4(host) && host.startsWith('127.');
}

/** `localhost` and every name below it (RFC 6761 §6.3). */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}
