import type { ServerResponse } from 'node:http';
import { beforeAll, describe, expect } from 'vitest';
import type { McpPost } from '../support/mcp-messages.ts';
import { GET_ME, initializeRequest, legacyRequest, sendMcp } from '../support/mcp-messages.ts';
import { signIn } from '../support/oauth-client.ts';
import type { RecordingWorker } from '../support/recording-worker.ts';
import { answerEmptyResult, startRecordingWorker } from '../support/recording-worker.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack();
let authorization = '';
beforeAll(async () => {
  const { tokens } = await signIn(shared.stack, { client: shared.client });
  authorization = `Bearer ${tokens.access_token}`;
});

async function send(post: McpPost, more: Record<string, string> = {}) {
  return await sendMcp(shared.stack.mcpUrl, post, { authorization, ...more });
}

describe('the endpoint', () => {
  verifies('L1', 'GET with a token is 405, for any Accept', async () => {
    for (const accept of ['text/event-stream', '*/*']) {
      const response = await fetch(shared.stack.mcpUrl, { headers: { authorization, accept } });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
    }
  });

  verifies('L2', 'initialize assigns no session, and DELETE of one is 405', async () => {
    const { status, headers, message } = await send(initializeRequest());
    expect(status).toBe(200);
    expect(headers.get('mcp-session-id')).toBeNull();
    expect(message?.result?.['serverInfo']).toMatchObject({ name: 'octocode-mcp-worker' });
    const response = await fetch(shared.stack.mcpUrl, {
      method: 'DELETE',
      headers: { authorization, 'mcp-session-id': 'x' },
    });
    expect(response.status).toBe(405);
  });

  verifies('L2', 'a call needs neither initialize nor a session', async () => {
    const { status, message } = await send(legacyRequest('tools/call', GET_ME));
    expect(status).toBe(200);
    expect(JSON.stringify(message?.result)).toContain('octocat');
    expect((await send(initializeRequest('2025-06-18'))).status).toBe(200);
  });

  verifies('L2', 'initialized is accepted without a body', async () => {
    const { headers } = legacyRequest('ping');
    const body = { jsonrpc: '2.0', method: 'notifications/initialized' };
    const answer = await send({ body, headers });
    expect(answer.status).toBe(202);
    expect(answer.text).toBe('');
  });
});

describe('versions', () => {
  verifies('L3', 'each legacy revision is negotiated as asked for', async () => {
    for (const version of ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']) {
      const { message } = await send(initializeRequest(version));
      expect(message?.result?.['protocolVersion']).toBe(version);
    }
  });

  verifies('L3', 'the header may be absent, or name a revision we speak', async () => {
    for (const version of ['', '2025-11-25', '2025-06-18', '2025-03-26']) {
      const answer = await send(legacyRequest('tools/list'), { 'mcp-protocol-version': version });
      expect(answer.status, version).toBe(200);
    }
  });

  verifies('L3', 'an unknown version in the header is 400', async () => {
    for (const version of ['1999-01-01', 'nonsense', '2099-01-01']) {
      const answer = await send(legacyRequest('tools/list'), { 'mcp-protocol-version': version });
      expect(answer.status, version).toBe(400);
    }
  });
});

describe('refusals', () => {
  verifies('L4', 'a foreign Origin is 403', async () => {
    expect((await send(legacyRequest('tools/list'), { origin: 'https://evil.example' })).status).toBe(403);
  });

  verifies('L4', 'a batch is 400, although older workers would take it', async () => {
    const { body, headers } = legacyRequest('tools/list');
    expect((await send({ body: [body, body], headers })).status).toBe(400);
  });
});

describe('a client that leaves', () => {
  let worker: RecordingWorker;
  beforeAll(async () => {
    worker = await startRecordingWorker();
    return async () => {
      await worker.close();
    };
  });
  const recorded = useStack(() => ({ workers: 0, env: { WORKER_URLS: worker.url } }));

  verifies('L6', 'does not end its call: the worker finishes what it began', async () => {
    const { tokens } = await signIn(recorded.stack, { client: recorded.client });
    const bearer = { authorization: `Bearer ${tokens.access_token}` };
    let open: ServerResponse | undefined;
    worker.answerWith((res) => {
      open = res;
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': working\n\n');
    });
    const leaving = new AbortController();
    const { headers, body } = legacyRequest('tools/call', GET_ME);
    const next = worker.next();
    await fetch(recorded.stack.mcpUrl, {
      method: 'POST',
      headers: { ...headers, ...bearer },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    const { cutOff } = await next;
    leaving.abort();
    // Other calls go through meanwhile, so the gateway has had its turns to notice.
    worker.answerWith(answerEmptyResult);
    for (let count = 0; count < 5; count += 1) {
      expect((await sendMcp(recorded.stack.mcpUrl, legacyRequest('ping'), bearer)).status).toBe(200);
    }
    const finished = new Promise((resolve) => open?.once('finish', () => resolve('finished')));
    open?.end('data: {}\n\n');
    expect(await Promise.race([finished, cutOff.then(() => 'cut off')])).toBe('finished');
  });
});
