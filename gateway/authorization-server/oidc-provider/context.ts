import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/** A request inside the library. */
export type Context = KoaContextWithOIDC;

export type Library = Provider;

/** What our middleware passes on to. */
export type Next = () => Promise<void>;
