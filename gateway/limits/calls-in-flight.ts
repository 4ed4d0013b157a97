/** Which bound a call met. */
export type CallLimit = 'account_calls' | 'account_streams' | 'bodies';

/** A call's place among those in flight. */
export interface CallPlace {
  /**
   * Sets this many bytes aside for the body; false when all bodies together would be too large. What was set aside is
   * given back with the place.
   */
  reserveBody(bytes: number): boolean;
  /** From here on the call is a stream: it may run for half an hour. False when the account has its share of those. */
  becomeStream(): boolean;
  /** Gives the place back; later calls change nothing. */
  leave(): void;
}

/** Bounds on what runs at once in this process, so that no person takes what all share. */
export interface CallsInFlight {
  /** Undefined when the account has its share of calls. */
  enter(account: string): CallPlace | undefined;
}

export interface CallBounds {
  readonly callsPerAccount: number;
  readonly streamsPerAccount: number;
  /** Bodies of all calls together, from the first byte read until the call is over. */
  readonly bodyBytes: number;
}

interface Share {
  calls: number;
  streams: number;
}

export function createCallsInFlight(bounds: CallBounds): CallsInFlight {
  const shares = new Map<string, Share>();
  let bodyBytes = 0;
  return {
    enter: (account) => {
      const share = shares.get(account) ?? { calls: 0, streams: 0 };
      if (share.calls >= bounds.callsPerAccount) return undefined;
      share.calls += 1;
      shares.set(account, share);
      let reserved = 0;
      let kind: 'call' | 'stream' | 'over' = 'call';
      return {
        reserveBody: (bytes) => {
          if (bodyBytes + bytes > bounds.bodyBytes) return false;
          bodyBytes += bytes;
          reserved += bytes;
          return true;
        },
        becomeStream: () => {
          if (kind !== 'call' || share.streams >= bounds.streamsPerAccount) return false;
          kind = 'stream';
          share.calls -= 1;
          share.streams += 1;
          return true;
        },
        leave: () => {
          if (kind === 'over') return;
          if (kind === 'call') share.calls -= 1;
          else share.streams -= 1;
          kind = 'over';
          bodyBytes -= reserved;
          if (share.calls === 0 && share.streams === 0) shares.delete(account);
        },
      };
    },
  };
}
