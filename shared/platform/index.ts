import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { EventBus } from '../ops/index.ts';
import type { Store } from '../store/index.ts';
import type { KeyRing } from '../vault/index.ts';

/** What every room of a gateway stands on. */
export interface Platform {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventBus;
  readonly gatewayRing: KeyRing;
}

/** Logs faults under one message, written where it is known what was being done. */
export function faultLog(logger: Logger, message: string): (error: unknown) => void {
  return (err) => {
    logger.error({ err }, message);
  };
}
