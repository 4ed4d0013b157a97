import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createClientDocuments } from '../../../gateway/clients/client-documents.ts';
import { DEFAULT_REGISTRATION_RULES } from '../../../gateway/clients/registration-policy.ts';
import type { OutgoingRequest, OutgoingResponse } from '../../../shared/outgoing-http/index.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);

type Host = (request: OutgoingRequest) => Promise<OutgoingResponse>;

const json = (body: unknown): OutgoingResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'max-age=60' },
  body: Buffer.from(JSON.stringify(body)),
});

const serve: Host = async ({ url }) =>
  await Promise.resolve(
    json({ client_id: String(url), client_name: 'Editor', redirect_uris: ['http://127.0.0.1/cb'] }),
  );

const hang: Host = async () => await new Promise<never>(() => undefined);

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const network: { answer: Host; readonly asked: string[] } = { answer: serve, asked: [] };
  const http = {
    request: async (request: OutgoingRequest) => {
      network.asked.push(String(request.url));
      return await network.answer(request);
    },
    close: async () => await Promise.resolve(),
  };
  const documents = createClientDocuments({
    store,
    gatewayRing,
    clock,
    http,
    allowedHosts: undefined,
    publicUrl: 'https://gateway.example',
    registrationRules: DEFAULT_REGISTRATION_RULES,
    onFault: (error) => {
      throw error;
    },
  });
  const isStored = async (id: string) => (await store.read(keys.clientDocument(id))) !== undefined;
  return { clock, store, network, documents, isStored };
}

const used = 'https://editor.example/c.json';

async function openWithUsed() {
  const opened = await open();
  await opened.documents.find(used);
  await opened.documents.keepUntil(used, opened.clock.now() + 90 * DAY_MS);
  return opened;
}

describe('a client document that was had within a day', () => {
  it('S3: is answered from the copy at once, however its host hangs, and asked for once beside', async () => {
    const { clock, network, documents } = await openWithUsed();
    clock.advance(2 * MINUTE_MS);
    network.answer = hang;
    for (let count = 0; count < 5; count += 1)
      expect(await documents.find(used)).toMatchObject({ client_id: used });
    expect(network.asked).toEqual([used, used]);
  });

  it('S3: is what its host says as soon as that was heard', async () => {
    const { clock, network, documents } = await openWithUsed();
    clock.advance(2 * MINUTE_MS);
    network.answer = async ({ url }) =>
      await Promise.resolve(
        json({ client_id: String(url), client_name: 'New', redirect_uris: ['http://127.0.0.1/cb'] }),
      );
    expect(await documents.find(used)).toMatchObject({ client_name: 'Editor' });
    await vi.waitFor(async () => {
      expect(await documents.find(used)).toMatchObject({ client_name: 'New' });
    });
  });

  it('S3: is not held up by 300 documents of a stranger that were good once and hang now', async () => {
    const { clock, network, documents } = await openWithUsed();
    const ids = Array.from({ length: 300 }, (_, index) => `https://h${String(index)}.evil.example/c`);
    for (const [index, id] of ids.entries()) {
      if (index % 100 === 0) clock.advance(MINUTE_MS);
      await documents.find(id);
    }
    clock.advance(2 * MINUTE_MS);
    network.answer = hang;
    network.asked.length = 0;
    for (const id of ids) await documents.find(id);
    expect(network.asked).toHaveLength(4);
    expect(await documents.find(used)).toMatchObject({ client_id: used });
    // Its fetch has a place of its own beside the stranger's four.
    expect(network.asked).toContain(used);
  });

  it('S3: is waited for once it is older than a day', async () => {
    const { clock, network, documents } = await openWithUsed();
    clock.advance(2 * DAY_MS);
    network.answer = async () => await Promise.resolve({ status: 503, headers: {}, body: Buffer.alloc(0) });
    await expect(documents.find(used)).rejects.toMatchObject({
      name: 'Unavailable',
      part: 'client_document',
    });
  });
});

describe('documents that strangers name', () => {
  it('S7: live an hour, and as long as a grant may once somebody signed in', async () => {
    const { clock, documents, isStored } = await openWithUsed();
    await documents.find('https://evil.example/c');
    clock.advance(HOUR_MS - 1);
    expect(await isStored('https://evil.example/c')).toBe(true);
    clock.advance(1);
    expect(await isStored('https://evil.example/c')).toBe(false);
    clock.advance(90 * DAY_MS - HOUR_MS - 1);
    expect(await isStored(used)).toBe(true);
    clock.advance(1);
    expect(await isStored(used)).toBe(false);
  });

  it('S7: that was used stays as long when it is fetched anew', async () => {
    const { clock, network, documents, isStored } = await openWithUsed();
    clock.advance(10 * DAY_MS);
    await documents.find(used);
    expect(network.asked).toHaveLength(2);
    clock.advance(30 * DAY_MS);
    expect(await isStored(used)).toBe(true);
  });

  it('S7: forgotten between consent and return is fetched again and kept', async () => {
    const { clock, documents, isStored } = await open();
    await documents.find(used);
    clock.advance(HOUR_MS);
    await documents.keepUntil(used, clock.now() + 90 * DAY_MS);
    clock.advance(DAY_MS);
    expect(await isStored(used)).toBe(true);
  });

  it('S7: of one host are asked for 20 times a minute, of all hosts 200 times', async () => {
    const { clock, network, documents } = await open();
    const visit = async (id: string) => await documents.find(id).catch(() => undefined);
    for (let index = 0; index < 50; index += 1) await visit(`https://evil.example/${String(index)}`);
    expect(network.asked).toHaveLength(20);
    for (let index = 0; index < 300; index += 1) await visit(`https://h${String(index)}.evil.example/c`);
    expect(network.asked).toHaveLength(200);
    clock.advance(MINUTE_MS);
    expect(await documents.find('https://editor.example/c')).toBeDefined();
  });

  it('S7: are a thousand at most; those that go are of the host that has the most', async () => {
    const { clock, store, documents, isStored } = await open();
    await documents.find('https://honest.example/c');
    for (let index = 0; index < 1_010; index += 1) {
      if (index % 20 === 0) clock.advance(MINUTE_MS);
      await documents.find(`https://evil.example/${String(index)}`);
    }
    expect(await store.countMembers(keys.unusedDocuments())).toBeLessThanOrEqual(1_000);
    expect(await isStored('https://evil.example/0')).toBe(false);
    expect(await isStored('https://honest.example/c')).toBe(true);
  }, 30_000);
});

describe('a document and its keys', () => {
  it('S17: have 2.5 s together, whatever their hosts do', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { network, documents } = await open();
    const limits: number[] = [];
    network.answer = async ({ url, timeoutMs }) => {
      limits.push(timeoutMs);
      vi.advanceTimersByTime(2_000);
      const signed = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://keys.example/k' };
      const document = { client_id: url, client_name: 'Editor', redirect_uris: ['http://127.0.0.1/cb'] };
      return await Promise.resolve(json({ ...document, ...signed }));
    };
    await documents.find('https://editor.example/signed');
    expect(limits).toEqual([2_500, 500]);
  });
});
