import { LRUCache } from 'lru-cache';
import type { AccessTokenClaims } from '../shared/access-token/index.ts';
import type { Clock } from '../shared/clock.ts';

/** After a challenge the same person is not asked again for the same scope by the same client for this long (ms). */
const ASK_AGAIN_MS = 60 * 60_000;
const MAX_REMEMBERED = 10_000;

/** Decides for which scopes a call may be answered with a step-up challenge (RFC 9470, MCP authorization). */
export interface StepUps {
  /** Scopes that a worker may ask for in a call with these claims. */
  mayAsk(claims: AccessTokenClaims): readonly string[];
  /** Notes that the client was asked. */
  asked(claims: AccessTokenClaims, scopes: readonly string[]): void;
}

/**
 * A client is asked once: one that cannot step up (it refreshes and sends the same call again), and a person who did not
 * grant the scope, get the answer with a reason in it the next time, instead of a loop. Remembered by each gateway.
 */
export function createStepUps({ offered, clock }: { offered: readonly string[]; clock: Clock }): StepUps {
  const known = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  const keyOf = ({ sub, client_id: clientId }: AccessTokenClaims, scope: string) =>
    JSON.stringify([sub, clientId, scope]);
  return {
    mayAsk: (claims) => {
      const held = claims.scope.split(' ');
      return offered.filter((scope) => {
        const askedAt = known.get(keyOf(claims, scope));
        return !held.includes(scope) && (askedAt === undefined || clock.now() - askedAt >= ASK_AGAIN_MS);
      });
    },
    asked: (claims, scopes) => {
      for (const scope of scopes) known.set(keyOf(claims, scope), clock.now());
    },
  };
}
