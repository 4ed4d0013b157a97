import { LRUCache } from 'lru-cache';
import type { AccessTokenClaims } from '../../shared/access-token/index.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Store } from '../../shared/store/index.ts';
import { keys, StoreUnavailableError } from '../../shared/store/index.ts';

/** After a challenge the same person is not asked again for the same scope by the same client for this long (ms). */
const ASK_AGAIN_MS = 60 * 60_000;
const MAX_REMEMBERED = 10_000;

/** Decides for which scopes a call may be answered with a step-up challenge (RFC 9470, MCP authorization). */
export interface StepUps {
  /** Of the scopes that may help a call with these claims those that a worker may ask for, as far as this gateway knows. */
  mayAsk(claims: AccessTokenClaims, mayHelp: (scope: string) => boolean): readonly string[];
  /** Takes the one question for these scopes; false when another call has it, at whatever gateway. */
  claimQuestion(claims: AccessTokenClaims, scopes: readonly string[]): Promise<boolean>;
}

/**
 * A client is asked once: one that cannot step up (it refreshes and sends the same call again), and a person who did not
 * grant the scope, get the answer with a reason in it the next time, instead of a loop. All gateways of a store have one
 * memory of whom they asked; it is written when a question comes up and not read for every call. While the store is
 * away each gateway remembers for itself.
 */
export function createStepUps(deps: {
  readonly offered: readonly string[];
  readonly store: Store;
  readonly clock: Clock;
}): StepUps {
  const { store, clock } = deps;
  /** Until when somebody is not asked. */
  const known = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  const isKnown = (name: string) => (known.get(name) ?? 0) > clock.now();
  const nameOf = ({ sub, client_id: clientId, aud }: AccessTokenClaims, scope: string) =>
    JSON.stringify([sub, clientId, aud, scope]);

  const claim = async (claims: AccessTokenClaims, scope: string): Promise<boolean> => {
    const name = nameOf(claims, scope);
    const key = keys.stepUpQuestion({
      sub: claims.sub,
      clientId: claims.client_id,
      resource: claims.aud,
      scope,
    });
    const expiresAt = clock.now() + ASK_AGAIN_MS;
    try {
      // That the record exists says everything.
      const isOurs = await store.commit([{ op: 'put', key, value: '', expiresAt, expect: 'absent' }]);
      known.set(name, isOurs ? expiresAt : ((await store.read(key))?.expiresAt ?? clock.now()));
      return isOurs;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      if (isKnown(name)) return false;
      known.set(name, expiresAt);
      return true;
    }
  };

  return {
    mayAsk: (claims, mayHelp) => {
      const held = claims.scope.split(' ');
      return deps.offered.filter(
        (scope) => !held.includes(scope) && mayHelp(scope) && !isKnown(nameOf(claims, scope)),
      );
    },
    claimQuestion: async (claims, scopes) => {
      const claimed = await Promise.all(scopes.map(async (scope) => await claim(claims, scope)));
      return claimed.includes(true);
    },
  };
}
