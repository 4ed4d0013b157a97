import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { urlencoded } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerPlainRefresh } from '../../../gateway/authorization-server/oidc-provider/answer-refresh.ts';
import { Unavailable } from '../../../gateway/grants/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';

/** Sends a refresh to a token endpoint that goes no further than the question whether its client is allowed. */
async function refreshAt(
  refuseDisallowed: (named: { clientId: string; refreshToken: string }) => Promise<void>,
  { form, headers = {} }: { form: Record<string, string>; headers?: Record<string, string> },
) {
  const app = express();
  app.use(urlencoded({ extended: false }));
  const clients = { find: async () => undefined } as unknown as Parameters<
    typeof answerPlainRefresh
  >[0]['clients'];
  const refresh = async () => await Promise.reject(new Error('is not reached'));
  app.post('/token', answerPlainRefresh({ clients, refresh, refuseDisallowed, onRefused: () => undefined }));
  app.use((_req, res) => void res.status(204).end());
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'r', ...form });
  return await fetch(`http://127.0.0.1:${String(port)}/token`, { method: 'POST', body, headers });
}

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

describe('a refresh while a part is away (RFC 6749 §5.2)', () => {
  it.each([
    ['the store', new StoreUnavailableError('away')],
    ['a key of the ring', new Unavailable('gateway_key', 'GATEWAY_KEYS no longer holds key g1')],
  ])(
    'is answered 503, also where it is first asked whether the client is allowed: %s',
    async (_part, fault) => {
      const response = await refreshAt(async () => await Promise.reject(fault), { form: { client_id: 'c' } });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('2');
      expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
    },
  );
});

describe('S9: a refresh of a client that is no longer allowed', () => {
  it.each<[string, { form: Record<string, string>; headers?: Record<string, string> }]>([
    ['public', { form: { client_id: 'a:b c' } }],
    ['with its secret in the form', { form: { client_id: 'a:b c', client_secret: 's' } }],
    ['with its secret in the header (RFC 6749 §2.3.1)', { form: {}, headers: basic('a%3Ab+c:s') }],
  ])('ends its grant, %s', async (_how, request) => {
    const asked: unknown[] = [];
    const response = await refreshAt(async (named) => void asked.push(named), request);
    expect(response.status).toBe(204);
    expect(asked).toEqual([{ clientId: 'a:b c', refreshToken: 'r' }]);
  });

  it.each(['%E0%A4%A:s', ''])('is not asked about for a header that cannot be read: %j', async (text) => {
    const asked: unknown[] = [];
    await refreshAt(async (named) => void asked.push(named), { form: {}, headers: basic(text) });
    expect(asked).toEqual([]);
  });
});
