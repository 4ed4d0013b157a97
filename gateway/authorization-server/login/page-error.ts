import type { ErrorRequestHandler, Request } from 'express';
import { isUnavailable } from '../../grants/index.ts';
import { RETRY_AFTER_SECONDS } from '../../http/index.ts';
import type { Message } from '../../pages/index.ts';
import { messagePage, PAGE_HEADERS } from '../../pages/index.ts';
import { InteractionGone } from './interaction.ts';

const EXPLANATIONS = {
  unknown_state: 'This sign-in is not known here: it has expired, was already used, or was not started here.',
  other_browser: 'This sign-in was started in another browser. It can only be finished where it was started.',
  expired: 'This sign-in has expired or was already finished.',
  malformed: 'The address of this page is not one that GitHub sends.',
  stale_form: 'The form does not belong to the page as it is now.',
  foreign_origin: 'The form was sent from another site.',
  signed_out: 'You are not signed in here any more.',
  unknown_grant: 'You have no such access here.',
  method: 'This address is not opened that way.',
} as const;

/** A request of a browser that changes nothing and ends on a page of ours, never in a redirect. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly status: number;
  readonly reason: keyof typeof EXPLANATIONS;

  constructor(status: number, reason: keyof typeof EXPLANATIONS) {
    super(`page: ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

/** What a page says around the explanation of a fault. */
export type PageFrame = (status: number) => Pick<Message, 'title' | 'next' | 'link'>;

/** Answers every failure of a browser's request with a page; faults of ours are reported, the rest is the browser's. */
export function answerPageError(rules: {
  readonly frame: PageFrame;
  readonly onFault: (error: unknown, req: Request) => void;
  readonly supportContact: string | undefined;
}): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const { status, explanation } = judge(error);
    if (status >= 500) rules.onFault(error, req);
    if (status === 503) res.set('retry-after', String(RETRY_AFTER_SECONDS));
    const requestId = res.get('x-request-id');
    const support = rules.supportContact;
    res.status(status).set(PAGE_HEADERS);
    res.send(messagePage({ ...rules.frame(status), explanation, requestId, support }));
  };
}

/** Around the faults of a login. */
export const loginFrame: PageFrame = (status) => ({
  title: status >= 500 ? 'Sign-in is not available right now' : 'Sign-in cannot go on',
  next:
    status === 503
      ? 'Reload this page in a moment.'
      : 'Go back to the application and start signing in again.',
});

function judge(error: unknown): { status: number; explanation: string } {
  if (error instanceof PageError) return { status: error.status, explanation: EXPLANATIONS[error.reason] };
  if (error instanceof InteractionGone) return { status: 400, explanation: EXPLANATIONS.expired };
  if (isUnavailable(error)) return { status: 503, explanation: 'A part of the service is not reachable.' };
  // What express says of a form: too large, in another charset, broken.
  const status =
    typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500) return { status, explanation: EXPLANATIONS.stale_form };
  return { status: 500, explanation: 'Something went wrong here. It has been recorded.' };
}
