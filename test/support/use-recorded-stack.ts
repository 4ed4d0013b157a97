import { afterAll, beforeAll, expect } from 'vitest';
import { withoutSideEffect } from './expect-answer.ts';
import type { RegisteredClient } from './oauth-client.ts';
import { signIn } from './oauth-client.ts';
import { rawExchange, rawRequest, statusesIn } from './raw-http.ts';
import type { RecordingWorker } from './recording-worker.ts';
import { startRecordingWorker } from './recording-worker.ts';
import type { Stack } from './stack.ts';
import { useStack } from './use-stack.ts';

/** A gateway in front of a worker that writes down what reaches it, with a person signed in. */
export interface RecordedStack {
  readonly stack: Stack;
  readonly client: RegisteredClient;
  readonly worker: RecordingWorker;
  readonly accessToken: string;
  /** The value of an Authorization header that works. */
  readonly authorization: string;
  /** An authenticated POST as bytes, whose framing headers and body are the test's own. */
  authenticated(framing: readonly string[], body: string, line?: string): string;
  /** Sends bytes that must reach no worker and change nothing. */
  rawNotForwarded(bytes: string): Promise<{ received: string; statuses: number[] }>;
  /** Sends a request that must reach no worker and change nothing. */
  notForwarded<T>(send: () => Promise<T>): Promise<T>;
}

export function useRecordedStack(): RecordedStack {
  let worker: RecordingWorker | undefined;
  let accessToken = '';
  const startedWorker = () => {
    if (worker === undefined) throw new Error('the worker is used before it was started');
    return worker;
  };
  beforeAll(async () => {
    worker = await startRecordingWorker();
  });
  const shared = useStack(() => ({ workers: 0, env: { WORKER_URLS: startedWorker().url } }));
  beforeAll(async () => {
    accessToken = (await signIn(shared.stack, { client: shared.client })).tokens.access_token;
  });
  afterAll(async () => {
    await worker?.close();
  });
  const notForwarded = async <T>(send: () => Promise<T>) => {
    const before = startedWorker().requests.length;
    const answer = await withoutSideEffect(shared.stack, send);
    expect(startedWorker().requests.length, 'requests forwarded').toBe(before);
    return answer;
  };
  return {
    get stack() {
      return shared.stack;
    },
    get client() {
      return shared.client;
    },
    get worker() {
      return startedWorker();
    },
    get accessToken() {
      return accessToken;
    },
    get authorization() {
      return `Bearer ${accessToken}`;
    },
    authenticated: (framing, body, line = 'POST /mcp') => {
      const own = [
        'host: localhost',
        'content-type: application/json',
        `authorization: Bearer ${accessToken}`,
      ];
      return rawRequest(line, [...own, ...framing], body);
    },
    notForwarded,
    rawNotForwarded: async (bytes) => {
      const received = await notForwarded(async () => await rawExchange(shared.stack.publicUrl, bytes));
      return { received, statuses: statusesIn(received) };
    },
  };
}
