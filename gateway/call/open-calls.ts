import type { AccessTokenClaims } from '../../shared/access-token/index.ts';
import type { RevocationFeed } from '../../shared/revocation/index.ts';

/** What an open call stands on. */
interface Standing {
  readonly claims: AccessTokenClaims;
  readonly kid: string;
}

/** The calls and streams that run through this gateway right now. */
export interface OpenCalls {
  /** Remembers how to cut a call until the function returned is called. */
  add(standing: Standing, cut: () => void): () => void;
}

/** Cuts what runs under a revoked consent: a stream survives its token's expiry, never its grant. */
export function createOpenCalls(revocations: Pick<RevocationFeed, 'isRevoked' | 'onRevoked'>): OpenCalls {
  const open = new Map<symbol, { standing: Standing; cut: () => void }>();
  revocations.onRevoked(() => {
    for (const { standing, cut } of open.values()) {
      if (revocations.isRevoked(standing.claims, standing.kid)) cut();
    }
  });
  return {
    add: (standing, cut) => {
      const id = Symbol('call');
      open.set(id, { standing, cut });
      return () => open.delete(id);
    },
  };
}
