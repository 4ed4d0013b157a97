import type { Pool } from 'undici';

/** One worker: its sockets and what is known of it. */
export interface Worker {
  /** Its origin; also its name in metrics and logs. */
  readonly origin: string;
  readonly pool: Pool;
  inFlight: number;
  suspectUntil: number;
}
