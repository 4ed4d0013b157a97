import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';

/** The schemas of single values. Each takes the text of a variable; its message completes "NAME: …". */

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A decimal whole number within bounds, both included. */
export function integerBetween({ min, max }: Bounds) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message));
}

/** A TCP port; 0 lets the system choose. */
export const port = integerBetween({ min: 0, max: 65_535 });

/** `true` or `false`, and nothing that merely looks like it. */
export const trueOrFalse = z
  .string()
  .refine((text) => text === 'true' || text === 'false', 'must be true or false')
  .transform((text) => text === 'true');

/** One of a closed list of words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.string().pipe(z.enum(words, `must be ${words.join(' or ')}`));
}

/** Text that another room knows how to judge; that room's error message must not repeat the text. */
export function textAcceptedBy(judge: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      judge(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'cannot be used';
      context.addIssue({ code: 'custom', message });
    }
  });
}

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** An address or name to listen on; `localhost` stands for both loopback addresses. */
export const listenHost = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text)),
    'must be an IP address or a host name, without port or brackets',
  );

/** Whether a listen host is reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** Words separated by commas, spaces or line breaks (or by what is given), without repetition. */
export function listOf<T>(item: z.ZodType<T, string>, separator = /[\s,]+/) {
  return z
    .string()
    .transform((text) => [
      ...new Set(
        text
          .trim()
          .split(separator)
          .filter((word) => word !== ''),
      ),
    ])
    .pipe(z.array(item).min(1, 'must name at least one'))
    .readonly();
}

/** Space-delimited scope tokens (RFC 6749 §3.3), commas allowed; `none` is the empty set, as a GitHub App needs it. */
export const scopes = z
  .string()
  .transform((text) => (text.trim() === 'none' ? [] : text.split(/[\s,]+/).filter((word) => word !== '')))
  .pipe(z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'must be scope names (RFC 6749 §3.3)')))
  .transform((words): readonly string[] => [...new Set(words)]);

/** An IP address or a network in CIDR form. A network of every address would trust every sender. */
export const addressOrNetwork = z.string().refine((text) => {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}, 'must be IP addresses or networks such as 10.0.0.0/8, and no network of every address');

/** PEM certificates; the text is kept as it is. */
export const certificates = z.string().superRefine((text, context) => {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const announced = text.split('-----BEGIN ').length - 1;
  const readable = blocks.every((block) => {
    try {
      return new X509Certificate(block).raw.length > 0;
    } catch {
      return false;
    }
  });
  if (blocks.length === 0 || blocks.length !== announced || !readable) {
    context.addIssue({ code: 'custom', message: 'must hold PEM certificates and nothing else' });
  }
});
