import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createPlainServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import type { TestCertificates } from '../../support/certificates.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { authorizationRequest, postForm, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

/** A port below those that anything of a test listens on. */
const CLOSED = 'localhost:1';
const REDIRECT = 'http://127.0.0.1:7777/callback';
type Answer = (req: IncomingMessage, res: ServerResponse) => void;

describe('a client known by its metadata document (CIMD)', () => {
  let certificates: TestCertificates;
  let stack: Stack;
  let host: string;
  let fetches = 0;
  let noTlsPort = 0;
  let answer: Answer;
  const closers: (() => Promise<void>)[] = [];

  const clientId = (path: string) => `https://${host}/${path}`;
  const sendDocument =
    (overrides: Record<string, unknown> = {}, headers: Record<string, string> = {}): Answer =>
    (req, res) => {
      const document = {
        client_id: clientId((req.url ?? '').slice(1)),
        client_name: 'Editor',
        redirect_uris: [REDIRECT],
      };
      res.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60', ...headers });
      res.end(JSON.stringify({ ...document, ...overrides }));
    };

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    certificates = makeCertificates();
    const tls = { cert: readFileSync(certificates.certFile), key: readFileSync(certificates.keyFile) };
    const documents = createServer(tls, (req, res) => {
      fetches += 1;
      answer(req, res);
    });
    await new Promise<void>((resolve) => documents.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      documents.closeAllConnections();
      await new Promise((resolve) => documents.close(resolve));
    });
    host = `localhost:${String((documents.address() as AddressInfo).port)}`;
    const noTls = createPlainServer((_req, res) => res.end());
    await new Promise<void>((resolve) => noTls.listen(0, '127.0.0.1', resolve));
    closers.push(async () => {
      await new Promise((resolve) => noTls.close(resolve));
    });
    noTlsPort = (noTls.address() as AddressInfo).port;
    stack = await startStack({
      gateways: 2,
      env: {
        EXTRA_CA_FILE: certificates.caFile,
        CIMD_ALLOWED_HOSTS: [host, CLOSED, `localhost:${String(noTlsPort)}`].join(','),
        CLIENT_REGISTRATION: 'off',
      },
    });
  });
  afterAll(async () => {
    await stack.close();
    for (const close of closers) await close();
    rmSync(certificates.folder, { recursive: true, force: true });
    vi.useRealTimers();
  });
  beforeEach(() => {
    fetches = 0;
    answer = sendDocument();
  });

  const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
  const openConsent = async (id: string, base = stack.publicUrl) => {
    const request = authorizationRequest(stack.publicUrl, { clientId: id, redirectUri: REDIRECT });
    const browser = openBrowser();
    return await browser.follow(await browser.get(request.url.replace(stack.publicUrl, base)));
  };

  it('is advertised, signs in without registration, and is shown by its host', async () => {
    const metadata = (await (
      await fetch(`${stack.publicUrl}/.well-known/oauth-authorization-server`)
    ).json()) as Record<string, unknown>;
    expect(metadata['client_id_metadata_document_supported']).toBe(true);
    expect(metadata['registration_endpoint']).toBeUndefined();
    const client = { clientId: clientId('signs-in'), redirectUri: REDIRECT };
    const { tokens } = await signIn(stack, { client });
    expect(tokens.refresh_token).not.toBe('');
    const page = await openConsent(client.clientId);
    expect(page.text).toContain(`<strong>${host}</strong>`);
    expect(page.text).toContain('hosted at');
    expect(page.text).not.toContain('Verified is');
  });

  it('is fetched once for all gateways while it is fresh', async () => {
    await Promise.all(Array.from({ length: 5 }, async () => await openConsent(clientId('cached'))));
    expect(fetches).toBe(1);
    pass(61_000);
    await openConsent(clientId('cached'));
    await vi.waitFor(() => {
      expect(fetches).toBe(2);
    });
  });

  it('goes on signing people in while its host is down, for a day', async () => {
    const client = { clientId: clientId('outage'), redirectUri: REDIRECT };
    const { tokens } = await signIn(stack, { client });
    answer = (_req, res) => res.writeHead(503).end();
    pass(3_600_000);
    const refreshed = await postForm(
      `${stack.publicUrl}/token`,
      refreshRequest(client, tokens.refresh_token),
    );
    expect(refreshed.status).toBe(200);
    pass(25 * 3_600_000);
    const later = await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
    // Not `invalid_client`: the SDK throws all credentials away on that.
    expect(later.status).toBe(503);
  });

  it('that fails is asked for once a minute, not once per visitor', async () => {
    answer = (_req, res) => res.writeHead(404).end();
    for (let count = 0; count < 5; count += 1)
      expect((await openConsent(clientId('missing'))).status).toBe(400);
    expect(fetches).toBe(1);
    pass(61_000);
    answer = sendDocument();
    expect((await openConsent(clientId('missing'))).status).toBe(200);
  });

  it.each<[string, Answer]>([
    [
      'redirects, and the target is not asked',
      (_req, res) => res.writeHead(302, { location: '/elsewhere' }).end(),
    ],
    ['is larger than 5 KiB', (req, res) => sendDocument({ padding: 'x'.repeat(6000) })(req, res)],
    ['is not JSON by its type', (req, res) => sendDocument({}, { 'content-type': 'text/html' })(req, res)],
    ['names another client', (req, res) => sendDocument({ client_id: 'https://evil.example/c' })(req, res)],
    ['contains a secret', (req, res) => sendDocument({ client_secret: 'x' })(req, res)],
  ])('is no client when its document %s', async (name, badAnswer) => {
    answer = badAnswer;
    const page = await openConsent(clientId(`bad-${name.replaceAll(/\W/g, '-')}`));
    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
    expect(fetches).toBe(1);
  });

  it('never seen, on a host that never answers, takes no place from one that was good', async () => {
    await openConsent(clientId('good'));
    pass(61_000);
    let atOnce = 0;
    let most = 0;
    answer = (req, res) => {
      if (req.url === '/good') {
        sendDocument()(req, res);
        return;
      }
      atOnce += 1;
      most = Math.max(most, atOnce);
      res.once('close', () => (atOnce -= 1));
    };
    const slow = Array.from(
      { length: 50 },
      async (_, index) => await openConsent(clientId(`slow-${String(index)}`)),
    );
    await vi.waitFor(() => {
      expect(atOnce).toBe(1);
    });
    const startedAt = performance.now();
    expect((await openConsent(clientId('good'))).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(500);
    const statuses = (await Promise.all(slow)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([400, 503]));
    expect(most).toBe(1);
  });

  it('tells nothing about what is at a port: every failure is one page', async () => {
    const failures: [string, Answer][] = [
      [`https://${CLOSED}/c`, sendDocument()],
      [`https://localhost:${String(noTlsPort)}/c`, sendDocument()],
      [clientId('oracle-404'), (_req, res) => res.writeHead(404).end()],
      [clientId('oracle-cut'), (_req, res) => res.destroy()],
      [clientId('oracle-text'), (_req, res) => res.end('SSH-2.0')],
    ];
    const pages = new Set<string>();
    for (const [id, given] of failures) {
      answer = given;
      const { status, text } = await openConsent(id);
      pages.add(`${String(status)} ${text.replace(/[0-9a-f-]{36}/g, '<reference>')}`);
    }
    expect([...pages]).toHaveLength(1);
  });

  it('whose document is on another host than its redirect is shown with both', async () => {
    answer = sendDocument({ redirect_uris: ['https://elsewhere.example/callback'] });
    const client = { clientId: clientId('two-hosts'), redirectUri: 'https://elsewhere.example/callback' };
    const browser = openBrowser();
    const page = await browser.follow(await browser.get(authorizationRequest(stack.publicUrl, client).url));
    expect(page.text).toContain(`<strong>${host}</strong>`);
    expect(page.text).toContain('<strong>elsewhere.example</strong>');
  });

  it('of a host the operator did not name is never fetched', async () => {
    const before = stack.snapshot();
    for (const id of [
      'https://localhost/c',
      'https://claude.ai/c',
      `https://127.0.0.1:${host.split(':')[1] ?? ''}/c`,
    ]) {
      expect((await openConsent(id)).status).toBe(400);
    }
    expect(fetches).toBe(0);
    expect(stack.snapshot()).toEqual(before);
  });
});
