import type { AccessTokenClaims } from '../../shared/access-token/index.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RevocationFeed } from '../../shared/revocation/index.ts';

/** Longest life of one answer (ms): a stream never outlives the consent it was opened under by more. */
const MAX_ANSWER_MS = 30 * 60_000;
/** How often that is looked after: one timer for all calls, not one that each call would leave behind (ms). */
const LOOK_EVERY_MS = 15_000;

/** What an open call stands on. */
interface Standing {
  readonly claims: AccessTokenClaims;
  readonly kid: string;
}

interface OpenCall {
  readonly standing: Standing;
  readonly cut: () => void;
  readonly since: number;
}

/** The calls and streams that run through this gateway right now. */
export interface OpenCalls {
  /** Remembers how to cut a call until the function returned is called. */
  add(standing: Standing, cut: () => void): () => void;
  close(): void;
}

/** Cuts what runs under a revoked consent, and what runs for too long: a stream survives its token's expiry, never its grant. */
export function createOpenCalls(
  revocations: Pick<RevocationFeed, 'isRevoked' | 'onRevoked'>,
  clock: Clock,
): OpenCalls {
  const open = new Set<OpenCall>();
  revocations.onRevoked(() => {
    for (const { standing, cut } of open) if (revocations.isRevoked(standing.claims, standing.kid)) cut();
  });
  const timer = setInterval(() => {
    const oldest = clock.now() - MAX_ANSWER_MS;
    for (const { since, cut } of open) if (since <= oldest) cut();
  }, LOOK_EVERY_MS).unref();
  return {
    add: (standing, cut) => {
      const call = { standing, cut, since: clock.now() };
      open.add(call);
      return () => open.delete(call);
    },
    close: () => {
      clearInterval(timer);
    },
  };
}
