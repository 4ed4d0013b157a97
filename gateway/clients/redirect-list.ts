import { judgeRedirectUri } from './redirect-uri.ts';

/** Stands for every http redirect on a loopback host. */
const LOOPBACK = 'loopback';

/**
 * Whether a redirect URI is on the operator's list. An entry is `loopback`, a scheme (`cursor:`), an https origin
 * (every path of it), the beginning of a private scheme's URIs up to a slash (`cursor://anysphere.cursor-mcp/`) or a whole
 * URI.
 */
export function isOnRedirectList(uri: string, list: readonly string[]): boolean {
  const judged = judgeRedirectUri(uri);
  if (!judged.ok) return false;
  if (list.includes(uri)) return true;
  const { protocol, origin } = new URL(uri);
  if (judged.kind === 'loopback') return list.includes(LOOPBACK);
  if (judged.kind === 'web') return list.includes(origin);
  return list.includes(protocol) || list.some((entry) => isBelow(uri, entry));
}

/** Programs read dot segments and escapes of their own schemes in their own ways: such a path is below nothing. */
function isBelow(uri: string, entry: string): boolean {
  const isBeginning = /^[a-z][a-z0-9+.-]*:\/\/[^/]+\/(?:.*\/)?$/.test(entry);
  return isBeginning && uri.startsWith(entry) && !/\/\.{1,2}(?:[/?]|$)|%2e|%2f|%5c|\\/i.test(uri);
}

/** Whether text can be an entry of that list. */
export function isRedirectListEntry(text: string): boolean {
  return text === LOOPBACK || /^[a-z][a-z0-9+.-]*:$/.test(text) || judgeRedirectUri(text).ok;
}
