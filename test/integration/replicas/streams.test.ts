import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callTool, signIn } from '../../support/oauth-client.ts';
import type { RecordingWorker } from '../../support/recording-worker.ts';
import { startRecordingWorker } from '../../support/recording-worker.ts';
import { until } from '../../support/redis.ts';
import type { Replicas } from './replicas.ts';
import { startReplicas } from './replicas.ts';

describe('a call that is answered as a stream, through nginx and a gateway', () => {
  let worker: RecordingWorker;
  let replicas: Replicas;
  let accessToken: string;
  beforeAll(async () => {
    worker = await startRecordingWorker();
    replicas = await startReplicas({ store: 'sqlite', workerUrl: worker.url });
    accessToken = (await signIn(replicas)).tokens.access_token;
  });
  afterAll(async () => {
    await replicas.close();
    await worker.close();
  });

  /** Calls a tool; the worker's side of the stream stays in the test's hands. */
  async function openStream() {
    let answer: ServerResponse | undefined;
    worker.answerWith((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(event(1));
      answer = res;
    });
    const response = await callTool(replicas.mcpUrl, accessToken);
    if (answer === undefined || response.body === null) throw new Error('the call did not reach the worker');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    return { response, reader, answer };
  }

  it('arrives event by event, before the worker has finished', async () => {
    const { response, reader, answer } = await openStream();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await readEvent(reader)).toBe(event(1));
    for (const number of [2, 3]) {
      answer.write(event(number));
      expect(await readEvent(reader)).toBe(event(number));
    }
    answer.end();
    expect((await reader.read()).done).toBe(true);
  });

  it('is neither cut nor repeated when nginx is reloaded in the middle of it', async () => {
    const requests = worker.requests.length;
    const { reader, answer } = await openStream();
    expect(await readEvent(reader)).toBe(event(1));
    const before = await nginxProcess();
    replicas.nginx.reload();
    await until(async () => (await nginxProcess()) !== before);
    answer.write(event(2));
    expect(await readEvent(reader)).toBe(event(2));
    answer.end(event(3));
    expect(await readEvent(reader)).toBe(event(3));
    expect((await reader.read()).done).toBe(true);
    expect(worker.requests.length - requests).toBe(1);
  });

  /** Which nginx worker process answers a new connection. */
  async function nginxProcess(): Promise<string> {
    const count = replicas.nginx.served().length;
    await fetch(`${replicas.publicUrl}/health`, { headers: { connection: 'close' } });
    await until(() => replicas.nginx.served().length > count);
    return replicas.nginx.served().at(-1)?.pid ?? '';
  }
});

describe('a real worker’s legacy answer', () => {
  it('is an event stream through nginx too', async () => {
    const replicas = await startReplicas({ store: 'sqlite' });
    try {
      const { tokens } = await signIn(replicas);
      const response = await callTool(replicas.mcpUrl, tokens.access_token);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(await response.text()).toMatch(/^(?:event: message\n)?data: \{.*octocat.*\}\n\n/m);
    } finally {
      await replicas.close();
    }
  });
});

function event(number: number): string {
  return `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":${String(number)}}}\n\n`;
}

/** Reads up to the end of one event; the network may deliver it in pieces. */
async function readEvent(reader: ReadableStreamDefaultReader<string>): Promise<string> {
  let text = '';
  while (!text.endsWith('\n\n')) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  return text;
}
