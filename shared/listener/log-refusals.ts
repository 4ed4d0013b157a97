import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { EdgeRefusal } from './refusal.ts';

/** One line for each listener and reason in this time (ms): under attack the log says what goes on, and no more. */
const QUIET_MS = 1_000;

/** Logs refusals; a line says how many like it were left out since the one before. */
export function createRefusalLog({ logger, clock }: { readonly logger: Logger; readonly clock: Clock }) {
  const lines = new Map<string, { quietUntil: number; leftOut: number }>();
  return (listener: string, { reason, status, method, requestId, peer }: EdgeRefusal): void => {
    const name = `${listener} ${reason}`;
    const line = lines.get(name);
    if (line !== undefined && line.quietUntil > clock.now()) {
      line.leftOut += 1;
      return;
    }
    lines.set(name, { quietUntil: clock.now() + QUIET_MS, leftOut: 0 });
    const fields = { listener, reason, status, method, requestId, peer, leftOut: line?.leftOut ?? 0 };
    logger.warn(fields, 'refused at the edge');
  };
}
