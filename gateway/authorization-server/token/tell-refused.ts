import type { Platform } from '../../../shared/platform/index.ts';
import { Refused, Unavailable } from '../../grants/index.ts';
import { TokenError } from './token-request.ts';

/**
 * A token request that was refused. Event and log have the reason, which the client is not told: they answer "why was I
 * logged out". What is our fault is a fault as well.
 */
export function tellTokenRefused(
  { events, logger }: Pick<Platform, 'events' | 'logger'>,
  error: Error,
  of: { readonly grantType?: string; readonly clientId?: string },
): void {
  const told = { reason: reasonOf(error), ...of, ...grantOf(error) };
  events.emit({ type: 'token.refused', ...told });
  if (error instanceof Refused) logger.info(told, 'a token request was refused');
  else if (!(error instanceof TokenError)) tellFault(logger, error, told);
}

function reasonOf(error: Error): string {
  if (error instanceof Refused) return error.reason;
  return error instanceof TokenError ? error.code : 'temporarily_unavailable';
}

function grantOf(error: Error) {
  const grant = error instanceof Refused ? error.grant : undefined;
  return grant === undefined ? {} : { grantId: grant.grantId, ended: grant.ended };
}

/** What is full because strangers fill it is a line without a stack: a flood of them is no flood of faults. */
function tellFault(logger: Platform['logger'], error: Error, told: Readonly<Record<string, unknown>>): void {
  const message = 'a token request could not be answered';
  if (error instanceof Unavailable) logger.warn({ ...told, part: error.part }, message);
  else logger.error({ err: error, ...told }, message);
}
