import type { ErrorRequestHandler, Request, Response } from 'express';
import { messagePage, PAGE_HEADERS } from '../pages/index.ts';
import { isUnavailable } from '../grants/index.ts';
import { RETRY_AFTER_SECONDS, ROUTES } from '../http/index.ts';

const EXPLANATIONS = {
  signed_out: 'You are not signed in here any more.',
  foreign_origin: 'The form was sent from another site.',
  stale_form: 'The form does not belong to this sign-in, or is not one of this page.',
  unknown_grant: 'You have no such access here.',
  method: 'This address is not opened that way.',
} as const;

/** A request to the account page that changes nothing and ends on a page. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
  readonly status: number;
  readonly reason: keyof typeof EXPLANATIONS;

  constructor(status: number, reason: keyof typeof EXPLANATIONS) {
    super(`account page: ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

interface ErrorRules {
  readonly onFault: (error: unknown, req: Request) => void;
  readonly supportContact: string | undefined;
}

/** Answers every failure below `/account` with a page; faults of ours are reported, the rest is the browser's. */
export function answerAccountError({ onFault, supportContact }: ErrorRules): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const { status, explanation } = judge(error);
    if (status >= 500) onFault(error, req);
    if (status === 503) res.set('retry-after', String(RETRY_AFTER_SECONDS));
    answer(res, { status, explanation, support: supportContact });
  };
}

function answer(
  res: Response,
  { status, explanation, support }: { status: number; explanation: string; support: string | undefined },
): void {
  res.status(status).set(PAGE_HEADERS);
  res.send(
    messagePage({
      title: status >= 500 ? 'This did not work' : 'This cannot be done',
      explanation,
      next:
        status >= 500
          ? 'It may have been done in part: look again in a moment at'
          : 'Nothing was changed. Go back to',
      link: { href: ROUTES.account, label: 'your connected applications' },
      requestId: res.get('x-request-id'),
      support,
    }),
  );
}

function judge(error: unknown): { status: number; explanation: string } {
  if (error instanceof AccountError) return { status: error.status, explanation: EXPLANATIONS[error.reason] };
  if (isUnavailable(error)) return { status: 503, explanation: 'A part of the service is not reachable.' };
  // What express says of a form: too large, in another charset, broken.
  const status =
    typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500) return { status, explanation: EXPLANATIONS.stale_form };
  return { status: 500, explanation: 'Something went wrong here. It has been recorded.' };
}
