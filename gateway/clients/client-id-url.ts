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

/**
 * What an operator blocks by: a client id as it is, or the host of client documents as `https://host`, with or without the
 * last slash, which is no client id itself.
 */
export function blockSubject(text: string): string {
  const isHost = /^https:\/\/[^/?#\s]+\/?$/.test(text) && URL.canParse(text);
  return isHost ? new URL(text).origin : text;
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}
