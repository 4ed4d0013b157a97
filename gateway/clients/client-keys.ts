import { z } from 'zod';

const MAX_KEYS = 10;
const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,1024}$/);
const common = {
  kid: z.string().max(256).optional(),
  use: z.literal('sig').optional(),
  alg: z.string().max(16).optional(),
};
/** 2048 bits at least (RFC 7518 §3.3): 256 bytes are 342 characters. */
const modulus = base64url.min(342);

const publicKey = z.discriminatedUnion('kty', [
  z.object({ ...common, kty: z.literal('RSA'), n: modulus, e: base64url }),
  z.object({ ...common, kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384']), x: base64url, y: base64url }),
  z.object({ ...common, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url }),
]);

export type ClientKeys = { readonly keys: readonly z.infer<typeof publicKey>[] };

/**
 * The public signing keys of a client's JWK Set (RFC 7517 §5), others left out: a set may hold keys for other uses.
 * Undefined when nothing usable is left. Members that are not of a public key are dropped.
 */
export function readClientKeys(value: unknown): ClientKeys | undefined {
  const set = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) }).safeParse(value);
  if (!set.success) return undefined;
  const keys = set.data.keys.flatMap((key) => {
    const parsed = publicKey.safeParse(key);
    return parsed.success ? [parsed.data] : [];
  });
  return keys.length === 0 ? undefined : { keys };
}
