import { judgeRedirectUri } from './redirect-uri.ts';

/** Stands for every http redirect on a loopback host. */
const LOOPBACK = 'loopback';

/**
 * Whether a redirect URI is on the operator's list. An entry is `loopback`, a scheme (`cursor:`), an https origin
 * (every path of it) or a whole URI.
 */
export function isOnRedirectList(uri: string, list: readonly string[]): boolean {
  const judged = judgeRedirectUri(uri);
  if (!judged.ok) return false;
  if (list.includes(uri)) return true;
  const { protocol, origin } = new URL(uri);
  if (judged.kind === 'loopback') return list.includes(LOOPBACK);
  return list.includes(judged.kind === 'web' ? origin : protocol);
}

/** Whether text can be an entry of that list. */
export function isRedirectListEntry(text: string): boolean {
  return text === LOOPBACK || /^[a-z][a-z0-9+.-]*:$/.test(text) || judgeRedirectUri(text).ok;
}
