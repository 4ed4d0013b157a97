import { describe, expect, it } from 'vitest';
import { GET_ME, legacyRequest, sendMcp } from '../support/mcp-messages.ts';
import { rawExchange, rawRequest, statusesIn } from '../support/raw-http.ts';
import { useRecordedStack } from '../support/use-recorded-stack.ts';

const shared = useRecordedStack();

const PING = legacyRequest('ping');

describe('where an access token may be (RFC 6750 §2)', () => {
  it('169 in the query it is not looked at', async () => {
    const answer = await shared.notForwarded(
      async () => await sendMcp(`${shared.stack.mcpUrl}?access_token=${shared.accessToken}`, PING),
    );
    expect(answer.status).toBe(401);
    expect(shared.stack.log.join('')).not.toContain(shared.accessToken);
  });

  it('169 in a form body it is not looked at', async () => {
    const answer = await shared.notForwarded(
      async () =>
        await fetch(shared.stack.mcpUrl, {
          method: 'POST',
          body: new URLSearchParams({ access_token: shared.accessToken }),
        }),
    );
    expect(answer.status).toBe(401);
  });

  it('169 in a cookie or another header it is not looked at', async () => {
    const headers = {
      cookie: `access_token=${shared.accessToken}`,
      'x-access-token': shared.accessToken,
      'proxy-authorization': `Bearer ${shared.accessToken}`,
    };
    const answer = await shared.notForwarded(async () => await sendMcp(shared.stack.mcpUrl, PING, headers));
    expect(answer.status).toBe(401);
  });

  it.each([
    ['170 the same header twice', ['authorization: Bearer TOKEN', 'authorization: Bearer TOKEN']],
    ['170 two different headers', ['authorization: Bearer other', 'authorization: Bearer TOKEN']],
    ['170 a valid and an empty header', ['authorization: Bearer TOKEN', 'authorization:']],
    ['170 two tokens in one header', ['authorization: Bearer TOKEN, Bearer TOKEN']],
    ['170 a list of tokens', ['authorization: Bearer TOKEN,TOKEN']],
    ['171 two spaces', ['authorization: Bearer  TOKEN']],
    ['171 a tab', ['authorization: Bearer\tTOKEN']],
    ['171 garbage behind it', ['authorization: Bearer TOKEN x']],
    ['171 a parameter behind it', ['authorization: Bearer TOKEN;x=y']],
    ['171 quotes', ['authorization: Bearer "TOKEN"']],
    ['171 no space', ['authorization: BearerTOKEN']],
    ['171 a name and equals sign', ['authorization: Bearer token=TOKEN']],
  ])('%s is refused', async (_title, headers) => {
    const before = shared.worker.requests.length;
    const body = JSON.stringify(PING.body);
    const received = await rawExchange(
      shared.stack.publicUrl,
      rawRequest(
        'POST /mcp',
        [
          'host: localhost',
          'content-type: application/json',
          `content-length: ${String(body.length)}`,
          ...headers.map((header) => header.replaceAll('TOKEN', shared.accessToken)),
        ],
        body,
      ),
    );
    expect([400, 401]).toContain(statusesIn(received)[0]);
    expect(shared.worker.requests.length).toBe(before);
  });

  it.each(['bearer', 'BEARER', 'bEaReR'])(
    '171 the scheme %s is accepted (RFC 9110 §11.1)',
    async (scheme) => {
      const answer = await sendMcp(shared.stack.mcpUrl, PING, {
        authorization: `${scheme} ${shared.accessToken}`,
      });
      expect(answer.status).toBe(200);
    },
  );

  it.each(['Basic dXNlcjpwYXNz', 'DPoP x', 'Token x', 'Negotiate x', 'x'])(
    '172 %s gets the bare challenge',
    async (authorization) => {
      const answer = await shared.notForwarded(
        async () => await sendMcp(shared.stack.mcpUrl, PING, { authorization }),
      );
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
      expect(answer.headers.get('www-authenticate')).not.toContain('error=');
    },
  );

  it('172 a header of 20 kB is refused with 431', async () => {
    const answer = await shared.notForwarded(
      async () => await sendMcp(shared.stack.mcpUrl, PING, { authorization: `Bearer ${'x'.repeat(20_000)}` }),
    );
    expect(answer.status).toBe(431);
  });

  it.each(['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD'])(
    '173 %s without credentials is 401 with resource_metadata and without error (RFC 9728 §5.1)',
    async (method) => {
      const answer = await shared.notForwarded(async () => await fetch(shared.stack.mcpUrl, { method }));
      expect(answer.status).toBe(401);
      const challenge = answer.headers.get('www-authenticate') ?? '';
      expect(challenge).not.toContain('error');
      const url = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
      const metadata = (await (await fetch(url)).json()) as Record<string, unknown>;
      expect(metadata['resource']).toBe(shared.stack.mcpUrl);
    },
  );

  it('168 the token that works reaches the worker once, unchanged', async () => {
    const next = shared.worker.next();
    await sendMcp(shared.stack.mcpUrl, legacyRequest('tools/call', GET_ME), {
      authorization: `Bearer ${shared.accessToken}`,
    });
    const { rawHeaders } = await next;
    expect(rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'authorization')).toEqual(
      [`Bearer ${shared.accessToken}`],
    );
  });
});
