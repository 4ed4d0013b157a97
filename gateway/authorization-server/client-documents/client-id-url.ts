import { isIP } from 'node:net';

const MAX_CHARACTERS = 512;
/** Visible ASCII without backslash: what every URL parser reads alike. */
const PLAIN = /^https:\/\/([^/?#\\\s]+)(\/[\x21-\x5b\x5d-\x7e]*)$/;

/**
 * Whether a client id is the URL of a client ID metadata document (draft-02 §3; MCP authorization, client
 * registration): https, a host name in its plain form, a path, nothing that is repaired on the way.
 */
export function isClientIdUrl(clientId: string): boolean {
  if (clientId.length > MAX_CHARACTERS || !URL.canParse(clientId)) return false;
  const [, authority = '', path = ''] = PLAIN.exec(clientId) ?? [];
  const isNamed = authority !== '' && !authority.includes('@') && path !== '/' && !/#|%2e/i.test(path);
  const url = new URL(clientId);
  // Whatever the parser would repair (dot segments, case, ports, numeric hosts) is another document's name.
  return isNamed && url.host === authority && url.href === clientId && !isAddress(url.hostname);
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}
