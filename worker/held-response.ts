import type { ServerResponse } from 'node:http';

/**
 * An answer is held back at most this long (ms): proxies give up on a silent worker, and after the head is out a missing
 * scope can only be told inside the answer.
 */
const HOLD_MS = 10_000;

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders';

const METHODS: readonly Method[] = ['writeHead', 'write', 'end', 'flushHeaders'];

/** A response whose first byte waits until it is known that the answer is to be sent. */
export interface HeldResponse {
  /** Lets everything out that was written so far, and passes on what follows. */
  release(): void;
  /** Throws away what was written and answers something else; false when the head is out already. */
  replace(answer: (res: ServerResponse) => void): boolean;
}

/**
 * Holds back what is written to `res`. The MCP handler opens an event stream before a tool has run, and with it the
 * status is gone; a challenge for more scope needs it (MCP authorization, step-up).
 */
export function holdResponse(res: ServerResponse): HeldResponse {
  const held: (() => void)[] = [];
  let state: 'held' | 'released' | 'replaced' = 'held';
  const timer = setTimeout(release, HOLD_MS).unref();
  for (const method of METHODS) shadow(res, method, (parameters) => hold(method, parameters));

  function hold(method: Method, parameters: unknown[]): unknown {
    // Of the handler whose answer was replaced: it leads nowhere.
    if (state === 'held') held.push(() => void invoke(res, method, parameters));
    if (method === 'end') release();
    return method === 'writeHead' || method === 'end' ? res : true;
  }

  function release(): void {
    if (state !== 'held') return;
    state = 'released';
    uncover();
    for (const write of held) write();
  }

  function uncover(): void {
    clearTimeout(timer);
    for (const method of METHODS) Reflect.deleteProperty(res, method);
  }

  return {
    release,
    replace: (answer) => {
      if (state !== 'held') return false;
      state = 'replaced';
      uncover();
      answer(res);
      for (const method of METHODS) shadow(res, method, (parameters) => hold(method, parameters));
      return true;
    },
  };
}

function invoke(res: ServerResponse, method: Method, parameters: unknown[]): unknown {
  const own = Reflect.get(res, method) as (...all: unknown[]) => unknown;
  return Reflect.apply(own, res, parameters);
}

/** Puts a function of our own before the method of the prototype; deleting it brings the method back. */
function shadow(res: ServerResponse, method: Method, own: (parameters: unknown[]) => unknown): void {
  Object.defineProperty(res, method, {
    value: (...parameters: unknown[]) => own(parameters),
    configurable: true,
    writable: true,
  });
}
