import type { Clock } from '../../shared/clock.ts';
import { Unavailable } from '../grants/index.ts';

/** Documents fetched at once for clients that somebody signed in with, and as many beside them for all others. */
const PLACES = 4;
const MINUTE_MS = 60_000;
/** Fetches of clients that nobody signed in with, in a minute: of all hosts, and of one. */
const STRANGERS_PER_MINUTE = 200;
const STRANGERS_PER_HOST = 20;

/** Whether somebody signed in with a client: only that makes it more than what anybody can name. */
export type Standing = 'used' | 'unused';

export interface Fetches<T> {
  /**
   * The fetch of this client that is under way, or a new one.
   * @throws Unavailable when there is no room for one more.
   */
  join(clientId: string, standing: Standing, fetch: () => Promise<T>): Promise<T>;
}

/**
 * Fetches that are under way, one for each client and, within either standing, one for each host. Those of unused clients
 * are bounded in a minute as well: anybody may name clients that never existed, and must not make us ask hosts for them
 * at a rate of their choice.
 */
export function createFetches<T>(clock: Clock): Fetches<T> {
  const running = new Map<string, { readonly standing: Standing; readonly done: Promise<T> }>();
  const strangers = createMinuteCount(clock);

  function requireRoom(clientId: string, standing: Standing): void {
    const host = hostOf(clientId);
    const beside = [...running].filter(([, each]) => each.standing === standing).map(([id]) => hostOf(id));
    if (beside.length >= PLACES || beside.includes(host))
      throw new Unavailable('client_document_places', 'too many client documents are being fetched');
    if (standing === 'unused' && !strangers.take(host))
      throw new Unavailable('client_document_budget', 'too many client documents were fetched lately');
  }

  return {
    join: async (clientId, standing, fetch) => {
      const known = running.get(clientId);
      if (known !== undefined) return await known.done;
      requireRoom(clientId, standing);
      const done = fetch().finally(() => running.delete(clientId));
      running.set(clientId, { standing, done });
      return await done;
    },
  };
}

/** Counts in the running minute; its size is bounded by what it lets through. */
function createMinuteCount(clock: Clock) {
  let minute = 0;
  let total = 0;
  const byHost = new Map<string, number>();
  return {
    /** False when the minute has had its number. */
    take: (host: string): boolean => {
      const current = Math.floor(clock.now() / MINUTE_MS);
      if (current !== minute) {
        minute = current;
        total = 0;
        byHost.clear();
      }
      const ofHost = byHost.get(host) ?? 0;
      if (total >= STRANGERS_PER_MINUTE || ofHost >= STRANGERS_PER_HOST) return false;
      total += 1;
      byHost.set(host, ofHost + 1);
      return true;
    },
  };
}

function hostOf(clientId: string): string {
  return new URL(clientId).host;
}
