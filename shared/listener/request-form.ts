/** What the form of a request may be; each listener has its own. */
export interface FormRules {
  /** Authorities under which clients reach this listener besides its loopback names, lower case, default port left out. */
  readonly authorities: readonly string[];
  /**
   * Only loopback names reach the listener. A page whose name was rebound to 127.0.0.1 arrives with its own name, and
   * reads nothing.
   */
  readonly loopbackNamesOnly: boolean;
}

/** Why a request's form is refused. */
export type FormFault =
  | 'host_missing'
  | 'host_repeated'
  | 'host_malformed'
  | 'host_not_loopback'
  | 'user_information'
  | 'target_malformed'
  | 'target_foreign'
  | 'transfer_coding'
  | 'transfer_coding_unknown'
  | 'expectation';

/** What is judged of a request head. */
export interface RequestForm {
  readonly method: string;
  readonly httpVersion: string;
  readonly target: string;
  /** Every Host value that was sent. */
  readonly hosts: readonly string[];
  readonly transferCoding: string | undefined;
  readonly expectation: string | undefined;
  readonly localPort: number | undefined;
}

export type FormJudgement =
  | {
      readonly ok: true;
      /** Path and query, or `*`. */
      readonly target: string;
      /** The authority of an absolute target: it takes the place of Host (RFC 9112 §3.2.2). */
      readonly authority: string | undefined;
    }
  | { readonly ok: false; readonly fault: FormFault };

// reg-name or IP-literal, and a port that may be empty (RFC 3986 §3.2.2, §3.2.3). Nothing here follows Host, so that
// underscores and tildes, which load balancers send, are none of our business.
const AUTHORITY = /^(?:(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*|\[[0-9A-Za-z:.~_-]+\])(?::(\d{0,5}))?$/;
const ABSOLUTE = /^(https?):\/\/([^/?#]*)([^#]*)$/i;
const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{0,5})?$/i;

/** Whether a listener is bound to this machine alone. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/**
 * Judges the form of a request before anything reads it: one Host where HTTP asks for one, a target that is a path or an
 * absolute address of ours, framing that two servers cannot read differently (RFC 9112 §3.2, §6.1).
 */
export function judgeForm(form: RequestForm, rules: FormRules): FormJudgement {
  const fault = framingFault(form) ?? hostFault(form);
  if (fault !== undefined) return refuse(fault);
  const absolute = readAbsolute(form.target);
  if (absolute !== undefined) return judgeAbsolute(absolute, form, rules);
  const isStar = form.target === '*' && form.method === 'OPTIONS';
  if (!isStar && !isPath(form.target)) return refuse('target_malformed');
  if (rules.loopbackNamesOnly && !LOOPBACK_NAME.test(form.hosts[0] ?? 'localhost')) {
    return refuse('host_not_loopback');
  }
  return { ok: true, target: form.target, authority: undefined };
}

function framingFault({ httpVersion, transferCoding, expectation }: RequestForm): FormFault | undefined {
  if (transferCoding !== undefined) {
    // A hop that speaks 1.0 passes the field on without having read it (RFC 9112 §6.1).
    if (httpVersion === '1.0') return 'transfer_coding';
    if (transferCoding.toLowerCase() !== 'chunked') return 'transfer_coding_unknown';
  }
  if (expectation !== undefined && expectation.toLowerCase() !== '100-continue') return 'expectation';
  return undefined;
}

/** Messages of HTTP/1.0 may come without Host; probes of load balancers do (RFC 9112 §3.2). */
function hostFault({ hosts, httpVersion }: RequestForm): FormFault | undefined {
  const [host] = hosts;
  if (hosts.length > 1) return 'host_repeated';
  if (host === undefined) return httpVersion === '1.0' ? undefined : 'host_missing';
  return AUTHORITY.test(host) ? undefined : 'host_malformed';
}

interface AbsoluteTarget {
  readonly scheme: string;
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
}

function readAbsolute(text: string): AbsoluteTarget | undefined {
  const absolute = ABSOLUTE.exec(text);
  if (absolute === null) return undefined;
  const [, scheme = '', authority = '', rest = ''] = absolute;
  return { scheme, authority, target: rest.startsWith('/') ? rest : `/${rest}` };
}

function judgeAbsolute(absolute: AbsoluteTarget, form: RequestForm, rules: FormRules): FormJudgement {
  const { scheme, authority, target } = absolute;
  if (authority.includes('@')) return refuse('user_information');
  if (authority === '' || !AUTHORITY.test(authority) || !isPath(target)) return refuse('target_malformed');
  const name = authorityName(authority, scheme);
  const isLoopback = loopbackNames(form.localPort).includes(name);
  if (rules.loopbackNamesOnly && !isLoopback) return refuse('host_not_loopback');
  if (!isLoopback && !rules.authorities.includes(name)) return refuse('target_foreign');
  return { ok: true, target, authority };
}

/** A path whose escapes are UTF-8 (RFC 3986 §2.1, §2.5): the router decodes it, and would fail on another one. */
function isPath(target: string): boolean {
  if (!target.startsWith('/')) return false;
  try {
    decodeURIComponent(target.split('?', 1)[0] ?? '');
    return true;
  } catch {
    return false;
  }
}

/** Lower case and without the scheme's default port (RFC 3986 §6.2.2, §6.2.3). */
function authorityName(authority: string, scheme: string): string {
  const defaultPort = scheme.toLowerCase() === 'https' ? '443' : '80';
  const [, port] = AUTHORITY.exec(authority) ?? [];
  const isDefault = port === '' || port === defaultPort;
  const name = port !== undefined && isDefault ? authority.slice(0, -(port.length + 1)) : authority;
  return name.toLowerCase();
}

function loopbackNames(port: number | undefined): readonly string[] {
  const suffix = port === undefined || port === 80 ? '' : `:${String(port)}`;
  return ['localhost', '127.0.0.1', '[::1]'].map((name) => name + suffix);
}

function refuse(fault: FormFault): FormJudgement {
  return { ok: false, fault };
}
