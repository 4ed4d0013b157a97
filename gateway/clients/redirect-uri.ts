const MAX_CHARACTERS = 2048;
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** Visible ASCII without backslash, wildcard, quotes and angle brackets. */
const ALLOWED_TEXT = /^[!#-)+-;=?-[\]-~]+$/;
/** Reverse-domain private-use schemes (RFC 8252 §7.1). */
const REVERSE_DOMAIN = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+$/;
/** Schemes that a browser runs, reads or treats as its own: none is a way back to a program. */
const NEVER =
  /^(?:javascript|data|vbscript|blob|file|filesystem|about|view-source|ftp|wss?|mailto|tel|intent)$/;

/** Stands for every reverse-domain scheme in a list of schemes. */
const ANY_REVERSE_DOMAIN = 'reverse-domain';
/** What clients may register unless the operator says otherwise: reverse domains and well-known editors. */
export const DEFAULT_SCHEMES: readonly string[] = [
  ANY_REVERSE_DOMAIN,
  'cursor',
  'vscode',
  'vscode-insiders',
  'windsurf',
  'zed',
  'claude',
];

export type RedirectKind = 'web' | 'loopback' | 'custom-scheme';

export type RedirectJudgement =
  { readonly ok: true; readonly kind: RedirectKind } | { readonly ok: false; readonly fault: string };

/**
 * Judges a redirect URI: https, http on a literal loopback host, or a private-use scheme, of `schemes` where a list is
 * given. Everything that two URL parsers could read differently is refused.
 */
export function judgeRedirectUri(value: unknown, schemes?: readonly string[]): RedirectJudgement {
  if (typeof value !== 'string' || value === '') return refuse('is not a string');
  if (value.length > MAX_CHARACTERS) return refuse(`is longer than ${String(MAX_CHARACTERS)} characters`);
  if (!ALLOWED_TEXT.test(value)) return refuse('contains a character that is not allowed');
  if (!URL.canParse(value)) return refuse('is not an absolute URI');
  const url = new URL(value);
  if (value.includes('#')) return refuse('has a fragment');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return judgePrivate(value, url, schemes);
  return judgeWeb(value, url);
}

function judgeWeb(value: string, url: URL): RedirectJudgement {
  const fault = webFault(value, url);
  if (fault !== undefined) return refuse(fault);
  const isLoopback = LOOPBACK_HOSTS.has(url.hostname);
  if (url.protocol === 'http:' && !isLoopback) return refuse('uses http outside the loopback hosts');
  return { ok: true, kind: isLoopback ? 'loopback' : 'web' };
}

function webFault(value: string, url: URL): string | undefined {
  const [, authority = '', path = ''] = /^https?:\/\/([^/?]+)([^?]*)/.exec(value) ?? [];
  if (authority === '' || authority.includes('@')) return 'has user information or no host';
  // A host that changes when it is re-serialised (numeric forms, percent escapes, case) is somebody's other host.
  const plainForms = [url.host, `${url.hostname}:${defaultPort(url)}`];
  if (!plainForms.includes(authority)) return 'has a host that is not in its plain form';
  if (url.port === '0') return 'has port 0';
  if (url.hostname.endsWith('.')) return 'has a host that ends with a dot';
  if (hasTrickyPath(path)) return 'has dot segments, path parameters or encoded separators';
  return undefined;
}

function judgePrivate(value: string, url: URL, schemes: readonly string[] | undefined): RedirectJudgement {
  if (!isAllowedScheme(url.protocol.slice(0, -1), schemes))
    return refuse('uses a scheme that is not allowed');
  if (!value.startsWith(url.protocol) || value.includes('@')) return refuse('is not in its plain form');
  return { ok: true, kind: 'custom-scheme' };
}

function isAllowedScheme(scheme: string, schemes: readonly string[] | undefined): boolean {
  if (NEVER.test(scheme)) return false;
  if (schemes === undefined || schemes.includes(scheme)) return true;
  return REVERSE_DOMAIN.test(scheme) && schemes.includes(ANY_REVERSE_DOMAIN);
}

function hasTrickyPath(path: string): boolean {
  return (
    /;|%2e|%2f|%5c|%00/i.test(path) || path.split('/').some((segment) => segment === '.' || segment === '..')
  );
}

function defaultPort(url: URL): string {
  return url.protocol === 'https:' ? '443' : '80';
}

function refuse(fault: string): RedirectJudgement {
  return { ok: false, fault };
}

/** What the consent page shows of a redirect: the host, or all of a program's own URI that says which program it is. */
export function redirectTarget(value: string): { target: string; kind: RedirectKind } {
  const url = new URL(value);
  const judged = judgeRedirectUri(value);
  const kind = judged.ok ? judged.kind : 'web';
  return { target: kind === 'custom-scheme' ? (value.split('?')[0] ?? value) : url.host, kind };
}
