import type { Logger } from '../logger.ts';

/** A started process part: how it stops. */
export interface Running {
  /** From now on readiness says no, so that a balancer sends nothing new. */
  drain(): void;
  close(): Promise<void>;
  /** What `close` gives open exchanges (ms). */
  readonly graceMs: number;
}

/** Time for a balancer to notice that readiness dropped before connections are refused (ms). */
const READINESS_LEAD_MS = 500;
/** Beyond the grace, for the store and other peers that may not answer (ms). */
const CLOSE_MARGIN_MS = 5_000;

/**
 * Runs until SIGTERM or SIGINT, then drains and exits with 0. A second signal changes nothing: the bounded drain
 * goes on. A fault of the drain exits with 1, and so does one that something keeps from ending.
 */
export function stopOnSignal(running: Running, logger: Logger): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, 'draining');
    running.drain();
    setTimeout(() => {
      setTimeout(() => {
        logger.error('the drain did not end in time');
        process.exit(1);
      }, running.graceMs + CLOSE_MARGIN_MS).unref();
      running.close().then(
        () => {
          logger.info('stopped');
          process.exit(0);
        },
        (err: unknown) => {
          logger.error({ err }, 'the drain failed');
          process.exit(1);
        },
      );
    }, READINESS_LEAD_MS);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
