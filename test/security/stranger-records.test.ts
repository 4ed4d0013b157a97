import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { KeyKind } from '../../shared/store/contract/keys.ts';
import { KEY_KINDS } from '../../shared/store/contract/keys.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { expectOAuthError, withoutSideEffect } from '../support/expect-answer.ts';
import { authorizationRequest, postForm, postJson, registerClient } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const KIB = 1024;
const MINUTES = 60_000;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/** What somebody without an account here may cause of one kind, from one address where a limit is by address. */
interface Bound {
  /** At one moment: a cap, or what the limit lets through within the record's life. */
  readonly count: number;
  readonly lifeMs: number;
  /** Of one record as it stands in the store. */
  readonly bytes: number;
}

/** Needs a sign-in at GitHub, the operator, GitHub's signature, or is one of its kind. */
const NO_STRANGER = 'none';

/** Every kind of record, at the default limits. */
const TABLE: Readonly<Record<KeyKind, Bound | typeof NO_STRANGER>> = {
  // MAX_UNUSED_CLIENTS; ten redirect URIs are the most of it.
  client: { count: 10_000, lifeMs: 7 * DAYS, bytes: 24 * KIB },
  'unused-clients': { count: 10_000, lifeMs: 7 * DAYS, bytes: 100 },
  // One for each client that is asked for; AUTHORIZATION_LIMIT, for devices once more.
  'client-under-way': { count: 15 * (600 + 600), lifeMs: 15 * MINUTES, bytes: 256 },
  'client-document': { count: 1_000, lifeMs: 1 * HOURS, bytes: 24 * KIB },
  'unused-documents': { count: 1_000, lifeMs: 1 * HOURS, bytes: 600 },
  interaction: { count: 15 * 600, lifeMs: 15 * MINUTES, bytes: 12 * KIB },
  'device-code': { count: 12 * 600, lifeMs: 12 * MINUTES, bytes: 12 * KIB },
  'user-code': { count: 10 * 600, lifeMs: 10 * MINUTES, bytes: 512 },
  'device-poll': { count: 12 * 600, lifeMs: 15 * MINUTES, bytes: 256 },
  // A document may bring a key of its own.
  'used-assertion': { count: 10 * 3_000, lifeMs: 10 * MINUTES, bytes: 512 },
  session: { count: 60 * 600, lifeMs: 1 * HOURS, bytes: 1 * KIB },
  'session-uid': { count: 60 * 600, lifeMs: 1 * HOURS, bytes: 512 },
  login: { count: 10 * 600, lifeMs: 10 * MINUTES, bytes: 2 * KIB },
  'address-count': { count: 10_000, lifeMs: 1 * HOURS, bytes: 128 },
  'blocked-client': NO_STRANGER,
  grant: NO_STRANGER,
  'refresh-receipt': NO_STRANGER,
  'account-grants': NO_STRANGER,
  'grants-due': NO_STRANGER,
  code: NO_STRANGER,
  account: NO_STRANGER,
  membership: NO_STRANGER,
  organization: NO_STRANGER,
  'webhook-delivery': NO_STRANGER,
  credential: NO_STRANGER,
  'credential-upstream': NO_STRANGER,
  'credential-index': NO_STRANGER,
  retirement: NO_STRANGER,
  'retirements-due': NO_STRANGER,
  'refused-credentials': NO_STRANGER,
  'upstream-sweep-lease': NO_STRANGER,
  'credential-refresh-lease': NO_STRANGER,
  'signing-keys': NO_STRANGER,
  revocations: NO_STRANGER,
  'account-session': NO_STRANGER,
  'arrivals-due': NO_STRANGER,
  'step-up-question': NO_STRANGER,
};

const shared = useStack();

function storedRecords() {
  const database = new DatabaseSync(join(shared.stack.stateDir, 'gateway.db'), {
    readOnly: true,
    timeout: 1_000,
  });
  const rows = ['durable_records', 'relaxed_records'].flatMap((table) =>
    database.prepare(`SELECT key, value FROM ${table}`).all(),
  );
  database.close();
  return rows.map((row) => {
    const kind = String(row['key']).split(':')[1] ?? '';
    return { kind, bytes: Buffer.byteLength(String(row['key']) + String(row['value'])) };
  });
}

describe('records that strangers cause', () => {
  it('S7: are bounded in count, age and bytes, for every kind of record there is', () => {
    expect(Object.keys(TABLE).sort()).toEqual([...KEY_KINDS].sort());
  });

  it('S7: are of the kinds and within the bytes that are listed, whatever a stranger sends', async () => {
    const { publicUrl } = shared.stack;
    const long = 'x'.repeat(1_900);
    const redirectUris = Array.from(
      { length: 10 },
      (_, index) => `https://a.example/${String(index)}${long}`,
    );
    const registered = await postJson(`${publicUrl}/register`, {
      redirect_uris: redirectUris.slice(0, 7),
      client_name: '\u{1f419}'.repeat(128),
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    });
    expect(registered.status).toBe(201);
    const client = await registerClient(publicUrl);
    const browser = openBrowser();
    const state = 's'.repeat(7 * KIB);
    const page = await browser.follow(
      await browser.get(authorizationRequest(publicUrl, client, { state }).url),
    );
    expect(page.status).toBe(200);
    await browser.submit(page, { decision: 'allow' });
    const form = { client_id: client.clientId, state };
    const device = (await (await postForm(`${publicUrl}/device_authorization`, form)).json()) as {
      device_code: string;
    };
    await postForm(`${publicUrl}/token`, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: client.clientId,
      device_code: device.device_code,
    });
    const found = storedRecords().filter(
      ({ kind }) => kind !== 'signing-keys' && kind !== 'upstream-sweep-lease',
    );
    expect(new Set(found.map(({ kind }) => kind))).toContain('interaction');
    for (const { kind, bytes } of found) {
      const bound = Object.entries(TABLE).find(([name]) => name === kind)?.[1] ?? NO_STRANGER;
      expect({ kind, isListed: bound !== NO_STRANGER }).toEqual({ kind, isListed: true });
      expect({ kind, bytes }).toSatisfy(() => bound !== NO_STRANGER && bytes <= bound.bytes);
    }
  });

  it('S7: an authorization request of more than 8 KiB is refused and kept nowhere', async () => {
    const { publicUrl } = shared.stack;
    const url = authorizationRequest(publicUrl, shared.client, { state: 's'.repeat(8 * KIB) }).url;
    const page = await withoutSideEffect(shared.stack, async () => await fetch(url, { redirect: 'manual' }));
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('invalid_request');
    const form = { client_id: shared.client.clientId, state: 's'.repeat(8 * KIB) };
    const refused = await withoutSideEffect(
      shared.stack,
      async () => await postForm(`${publicUrl}/device_authorization`, form),
    );
    await expectOAuthError(refused, 400, 'invalid_request');
  });
});
