import { z } from 'zod';
import { isLoopbackUrl } from '../outgoing-http/index.ts';

/** What a URL in the configuration may be. */
interface UrlRules {
  /** Refuses a path; the value is then normalised to scheme, host and port. */
  readonly bareOrigin: boolean;
  /** Where plain http is accepted. */
  readonly http: 'anywhere' | 'loopback';
}

const HTTP_RULE = {
  anywhere: 'must be an http or https URL',
  loopback: 'must be an https URL; plain http is accepted only on loopback',
} as const;

/**
 * A URL that says exactly what it means. The URL parser forgives white space, back slashes and missing slashes, and so
 * hides mistakes; these are refused, and so are credentials, queries and fragments.
 */
function urlText({ bareOrigin, http }: UrlRules) {
  return z.string().transform((text, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return refuse(HTTP_RULE[http]);
    const url = new URL(text);
    if (http === 'loopback' && url.protocol === 'http:' && !isLoopbackUrl(url))
      return refuse(HTTP_RULE[http]);
    if (url.username !== '' || url.password !== '') return refuse('must not carry credentials');
    if (/[?#]/.test(text)) return refuse('must not have a query or fragment');
    if (bareOrigin && url.pathname !== '/') return refuse('must be a bare origin, without a path');
    return bareOrigin ? url.origin : url.href.replace(/\/+$/, '');
  });
}

/** Scheme, host and port of a server reached over https, or over http on this machine. */
export const secureOrigin = urlText({ bareOrigin: true, http: 'loopback' });

/** Scheme, host and port; whoever uses it decides about plain http. */
export const anyOrigin = urlText({ bareOrigin: true, http: 'anywhere' });

/** An https URL, or an http one on this machine; without trailing slash. */
export const secureUrl = urlText({ bareOrigin: false, http: 'loopback' });

/** An http or https URL; without trailing slash. */
export const anyUrl = urlText({ bareOrigin: false, http: 'anywhere' });

/** A proxy for outgoing https; its URL may carry credentials, which is why the field is a secret. */
export const proxyUrl = z.string().refine((text) => {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) return false;
  const { pathname, search, hash } = new URL(text);
  return pathname === '/' && search === '' && hash === '';
}, 'must be an http or https URL without a path');

/** Whether a URL leaves this machine without encryption. */
export function isPlainRemote(text: string): boolean {
  const url = new URL(text);
  return url.protocol === 'http:' && !isLoopbackUrl(url);
}

/** Whether a URL names this machine. */
export function isOnLoopback(text: string): boolean {
  return isLoopbackUrl(new URL(text));
}
