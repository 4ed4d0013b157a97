import type { Store } from '../../shared/store/index.ts';
import { StoreUnavailableError } from '../../shared/store/index.ts';

/** A store of which one operation fails: before it was tried, or after it was applied and only its answer was lost. */
export interface InterruptedStore {
  readonly store: Store;
  /** Lets the operation with this number, counted from now and from 1 on, fail. */
  interrupt(operation: number, when: 'before' | 'after'): void;
  /** Ends that; answers whether an operation failed: false when the work had fewer. */
  heal(): boolean;
}

const OPERATIONS = ['read', 'commit', 'take', 'addMember', 'removeMember', 'membersUntil', 'countMembers'];

export function interruptedStore(under: Store): InterruptedStore {
  let left = Infinity;
  let when: 'before' | 'after' = 'before';
  let hasFailed = false;
  const fail = (): never => {
    hasFailed = true;
    throw new StoreUnavailableError(`the connection was lost ${when} an operation`);
  };
  const store = new Proxy(under, {
    get: (target, name: keyof Store) => {
      const operation = target[name] as (...args: unknown[]) => Promise<unknown>;
      if (!OPERATIONS.includes(name)) return operation;
      return async (...args: unknown[]) => {
        left -= 1;
        const isHit = left === 0;
        if (isHit && when === 'before') fail();
        const answer = await operation(...args);
        return isHit ? fail() : answer;
      };
    },
  });
  return {
    store,
    interrupt: (operation, moment) => {
      left = operation;
      when = moment;
      hasFailed = false;
    },
    heal: () => {
      left = Infinity;
      return hasFailed;
    },
  };
}

/** Every moment at which work of so many operations may be interrupted. */
export function momentsOf(operations: number) {
  return Array.from({ length: operations }, (_, index) =>
    (['before', 'after'] as const).map((when) => ({ when, operation: index + 1 })),
  ).flat();
}
