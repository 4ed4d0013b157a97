import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { legacyRequest, sendMcp } from '../../support/mcp-messages.ts';
import { signIn } from '../../support/oauth-client.ts';
import { rawExchange, rawRequest, statusesIn } from '../../support/raw-http.ts';
import type { Stack } from '../../support/stack.ts';
import { freePorts } from '../../support/free-ports.ts';
import { startStack } from '../../support/stack.ts';

const LISTED = 'https://app.example';
const LOOPBACK = 'http://localhost:6274';
const UNDER = 'https://chat.corp.example';
const FOREIGN = 'https://evil.example';

const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
};

interface Place {
  stack: Stack;
  authorization: string;
}

/** A gateway with these variables and a person signed in, for the tests of a `describe`. */
function usePlace(env: Readonly<Record<string, string>>): Place {
  const place: Partial<Place> = {};
  beforeAll(async () => {
    place.stack = await startStack({ env: { ALLOWED_ORIGINS: LISTED, ...env } });
    place.authorization = `Bearer ${(await signIn(place.stack)).tokens.access_token}`;
  });
  afterAll(async () => {
    await place.stack?.close();
  });
  return place as Place;
}

async function call({ stack, authorization }: Place, origin: string) {
  const { status, headers } = await sendMcp(stack.mcpUrl, legacyRequest('ping'), { authorization, origin });
  return { status, headers, allowed: headers.get('access-control-allow-origin') };
}

async function preflight(url: string, origin: string, more: Readonly<Record<string, string>> = {}) {
  const { status, headers } = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin, ...PREFLIGHT, ...more },
  });
  return { status, headers, allowed: headers.get('access-control-allow-origin') };
}

const corsHeaders = (headers: Headers) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control'));

describe.each([
  { env: {}, let: [LISTED], refused: [LOOPBACK, UNDER, FOREIGN, 'null'] },
  {
    env: { MCP_HTTP_CORS_MODE: 'development' },
    let: [LISTED, LOOPBACK, 'http://127.0.0.1:5173', 'http://[::1]:8080'],
    refused: [UNDER, FOREIGN, 'null', 'http://localhost.evil.example'],
  },
  {
    env: { MCP_HTTP_CORS_MODE: 'enterprise', ENTERPRISE_ALLOWED_DOMAINS: 'corp.example' },
    let: [LISTED, UNDER, 'https://corp.example'],
    refused: [
      LOOPBACK,
      FOREIGN,
      'null',
      'https://evil-corp.example',
      'http://chat.corp.example',
      `${UNDER}:8443`,
    ],
  },
])('the MCP endpoint with $env', ({ env, let: allowedOrigins, refused }) => {
  const place = usePlace(env);

  it('answers pages it lets in so that they can read it, and never with credentials', async () => {
    for (const origin of [place.stack.publicUrl, ...allowedOrigins]) {
      const answers = [await call(place, origin), await preflight(place.stack.mcpUrl, origin)];
      expect(
        answers.map(({ status, allowed }) => ({ status, allowed })),
        origin,
      ).toEqual([
        { status: 200, allowed: origin },
        { status: 204, allowed: origin },
      ]);
      for (const { headers } of answers) {
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        expect(headers.get('vary')).toContain('Origin');
      }
    }
  });

  it('refuses every other page before its token is looked at (DNS rebinding)', async () => {
    for (const origin of refused) {
      for (const { status, headers } of [
        await call(place, origin),
        await preflight(place.stack.mcpUrl, origin),
      ]) {
        expect(status, origin).toBe(403);
        expect(corsHeaders(headers), origin).toEqual([]);
      }
    }
  });

  it('refuses two Origin headers, whichever comes first', async () => {
    const own = `origin: ${place.stack.publicUrl}`;
    for (const origins of [
      [own, own],
      [own, `origin: ${FOREIGN}`],
    ]) {
      const bytes = rawRequest('OPTIONS /mcp', ['host: localhost', ...origins]);
      expect(statusesIn(await rawExchange(place.stack.publicUrl, bytes))).toEqual([403]);
    }
  });
});

describe('the preflight of the MCP endpoint', () => {
  const place = usePlace({});
  const allowedNames = async (asked: string) => {
    const { headers } = await preflight(place.stack.mcpUrl, LISTED, {
      'access-control-request-headers': asked,
    });
    return headers.get('access-control-allow-headers')?.split(', ') ?? [];
  };

  it('allows what MCP clients send, and arguments mirrored into headers by their names', async () => {
    const names = await allowedNames('authorization,mcp-param-region, Mcp-Param-Repo');
    for (const name of ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name']) {
      expect(names).toContain(name);
    }
    expect(names).toContain('mcp-param-region');
    expect(names).toContain('mcp-param-repo');
  });

  it('allows nothing else that is asked for', async () => {
    const usual = await allowedNames('authorization');
    const asked = 'cookie,x-gw-context,x-mcp-param-a,mcp-param-,mcp-param-a b,mcp-parameter,*';
    expect(await allowedNames(asked)).toEqual(usual);
  });
});

describe('MCP_HTTP_CORS=false', () => {
  const place = usePlace({ MCP_HTTP_CORS: 'false' });

  it('sends no CORS header, to nobody', async () => {
    for (const origin of [place.stack.publicUrl, LISTED, FOREIGN]) {
      for (const { headers } of [await call(place, origin), await preflight(place.stack.mcpUrl, origin)]) {
        expect(corsHeaders(headers), origin).toEqual([]);
      }
    }
  });

  it('refuses the same pages as before', async () => {
    expect((await call(place, LISTED)).status).toBe(200);
    expect((await call(place, FOREIGN)).status).toBe(403);
  });
});

describe('OAUTH_METADATA_CORS=false', () => {
  const PATHS = [
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
  ];
  let stack: Stack;
  beforeAll(async () => {
    const [port] = await freePorts(1);
    stack = await startStack({ env: { OAUTH_METADATA_CORS: 'false', OAUTH_METADATA_PORT: String(port) } });
  });
  afterAll(async () => {
    await stack.close();
  });

  it.each(PATHS)('%s is readable on both listeners, and by pages of no other origin', async (path) => {
    for (const base of [stack.publicUrl, stack.side['metadata'] ?? '']) {
      for (const headers of [{}, { origin: FOREIGN }]) {
        const answer = await fetch(base + path, { headers });
        expect(answer.status).toBe(200);
        expect(corsHeaders(answer.headers)).toEqual([]);
      }
      expect(corsHeaders((await preflight(base + path, FOREIGN)).headers)).toEqual([]);
    }
  });

  it('leaves the endpoints where browser clients register and redeem codes open', async () => {
    expect((await preflight(`${stack.publicUrl}/token`, FOREIGN)).allowed).toBe('*');
  });
});
