import type { OutgoingHttpErrorCode } from './outgoing-http-error.ts';

/** What ends one request early: its total deadline or its caller. */
export interface RequestStop {
  /** Aborted when the request must end; given to the transport. */
  readonly signal: AbortSignal;
  /** Rejects when the request must end. The transport notices an abort only once it is connected; this does at once. */
  readonly stopped: Promise<never>;
  /** Why it ended early, once it has. */
  reason(): Extract<OutgoingHttpErrorCode, 'timeout' | 'aborted'> | undefined;
  dispose(): void;
}

export function startRequestStop(timeoutMs: number, caller: AbortSignal | undefined): RequestStop {
  const controller = new AbortController();
  let reason: 'timeout' | 'aborted' | undefined;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (why: 'timeout' | 'aborted'): void => {
    reason ??= why;
    controller.abort();
    reject(new Error(why));
  };
  const onAbort = (): void => {
    stop('aborted');
  };
  const timer = setTimeout(stop, timeoutMs, 'timeout');
  caller?.addEventListener('abort', onAbort, { once: true });
  promise.catch(() => undefined);
  if (caller?.aborted === true) onAbort();
  return {
    signal: controller.signal,
    stopped: promise,
    reason: () => reason,
    dispose: () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', onAbort);
    },
  };
}
