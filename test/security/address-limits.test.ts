import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCertificates } from '../support/certificates.ts';
import { expectOAuthError } from '../support/expect-answer.ts';
import type { Nginx } from '../support/nginx.ts';
import { startNginx } from '../support/nginx.ts';
import { postForm, REDIRECT_URI, signIn } from '../support/oauth-client.ts';
import { until } from '../support/redis.ts';
import type { Stack } from '../support/stack.ts';
import { freePorts } from '../support/free-ports.ts';
import { startStack } from '../support/stack.ts';

const LIMIT = 3;
const HOUR = 3_600_000;

async function register(stack: Stack, forwardedFor?: string, redirectUri = REDIRECT_URI): Promise<Response> {
  const forwarded = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return await fetch(`${stack.publicUrl}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...forwarded },
    body: JSON.stringify({ redirect_uris: [redirectUri] }),
  });
}

/** One machine cannot fill the store with clients. */
describe('registrations from one address', () => {
  let stack: Stack;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval'] });
    stack = await startStack({
      env: { REGISTRATION_LIMIT: String(LIMIT), TRUSTED_PROXIES: '127.0.0.1,::1' },
    });
  });
  afterEach(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  async function spend(address?: string): Promise<void> {
    for (let index = 0; index < LIMIT; index += 1) expect((await register(stack, address)).status).toBe(201);
  }

  it('are refused beyond the limit, in the protocol’s form, with when to come back, and stored nowhere', async () => {
    await spend('198.51.100.7');
    const before = stack.snapshot();
    const response = await register(stack, '198.51.100.7');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    await expectOAuthError(response, [429], ['temporarily_unavailable']);
    expect(stack.snapshot()).toEqual(before);
  });

  it('do not use up those of another address', async () => {
    await spend('198.51.100.7');
    expect((await register(stack, '198.51.100.8')).status).toBe(201);
  });

  it('count for the whole network of an IPv6 address', async () => {
    await spend('2001:db8:0:100::1');
    expect((await register(stack, '2001:db8:0:1ff::2')).status).toBe(429);
  });

  it('count when they are refused', async () => {
    for (let index = 0; index < LIMIT; index += 1) {
      expect((await register(stack, '198.51.100.7', 'http://a.example/')).status).toBe(400);
    }
    expect((await register(stack, '198.51.100.7')).status).toBe(429);
  });

  it('are taken again an hour later', async () => {
    await spend('198.51.100.7');
    await vi.advanceTimersByTimeAsync(HOUR);
    expect((await register(stack, '198.51.100.7')).status).toBe(201);
  });
});

describe('an address that nobody vouches for', () => {
  let stack: Stack;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    stack = await startStack({ env: { REGISTRATION_LIMIT: String(LIMIT) } });
  });
  afterAll(async () => {
    await stack.close();
    vi.useRealTimers();
  });

  it('is not believed: another one in each request evades nothing, and clients that exist go on', async () => {
    const session = await signIn(stack);
    for (let index = 1; index < LIMIT; index += 1) {
      expect((await register(stack, `198.51.100.${String(index)}`)).status).toBe(201);
    }
    expect((await register(stack, '198.51.100.99')).status).toBe(429);
    const again = await signIn(stack, { client: session.client });
    expect(again.tokens.access_token).not.toBe('');
  });
});

describe('a chain of 50 addresses behind a trusted nginx', () => {
  let stack: Stack;
  let nginx: Nginx;
  const closers: (() => void | Promise<void>)[] = [];
  beforeAll(async () => {
    const certificates = makeCertificates();
    closers.push(() => {
      rmSync(certificates.folder, { recursive: true, force: true });
    });
    // The load balancer in front of nginx is trusted as well; nginx appends its address to what it was sent.
    const env = { REGISTRATION_LIMIT: String(LIMIT), TRUSTED_PROXIES: '127.0.0.1,::1,10.0.0.0/8' };
    stack = await startStack({ env });
    closers.push(stack.close);
    const [port = 0] = await freePorts(1);
    nginx = await startNginx({ port, backEnds: [stack.publicUrl], certificates });
    closers.push(nginx.close);
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** 47 invented addresses, other ones each time, then what the trusted hops saw. */
  const chainTo = (client: string, round: number) =>
    [
      ...Array.from({ length: 47 }, (_, index) => `203.0.${String(round)}.${String(index)}`),
      client,
      ...['10.0.0.7', '10.1.2.3'],
    ].join(', ');
  const throughNginx = async (forwardedFor: string) => {
    const response = await register({ ...stack, publicUrl: nginx.url }, forwardedFor);
    await response.text();
    return response;
  };

  it('177 counts for the right-most one that no trusted hop has, and so do the logs', async () => {
    const statuses = [];
    for (let round = 0; round <= LIMIT; round += 1) {
      statuses.push((await throughNginx(chainTo('198.51.100.7', round))).status);
    }
    expect(statuses).toEqual([...Array.from({ length: LIMIT }, () => 201), 429]);
    const other = await throughNginx(chainTo('198.51.100.8', 0));
    expect(other.status).toBe(201);
    const id = other.headers.get('x-request-id') ?? 'none';
    await until(() => stack.log.some((line) => line.includes(id) && line.includes('"request"')));
    const line = stack.log.find((each) => each.includes(id) && each.includes('"request"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ clientAddress: '198.51.100.8' });
  });

  it('177 is bounded like every header: one that is longer than 16 KiB is refused and stored nowhere', async () => {
    const before = stack.snapshot();
    const long = Array.from({ length: 1_500 }, () => '203.0.113.113').join(', ');
    for (const publicUrl of [nginx.url, stack.publicUrl]) {
      const response = await register({ ...stack, publicUrl }, long);
      expect([400, 431]).toContain(response.status);
    }
    expect(stack.snapshot()).toEqual(before);
  });
});

describe('authorization and token requests from one address', () => {
  it('are refused beyond the limit: a page for a browser, the protocol’s error for a client', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const stack = await startStack({ env: { AUTHORIZATION_LIMIT: '2', TOKEN_LIMIT: '2' } });
    try {
      const statuses = [];
      for (let index = 0; index < 3; index += 1) {
        statuses.push((await fetch(`${stack.publicUrl}/authorize`, { redirect: 'manual' })).status);
      }
      expect(statuses).toEqual([400, 400, 429]);
      const page = await fetch(`${stack.publicUrl}/authorize`);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'nobody' };
      for (let index = 0; index < 2; index += 1) {
        expect((await postForm(`${stack.publicUrl}/token`, form)).status).toBe(401);
      }
      const refused = await postForm(`${stack.publicUrl}/token`, form);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      await expectOAuthError(refused, 429, 'temporarily_unavailable');
    } finally {
      await stack.close();
      vi.useRealTimers();
    }
  });
});
