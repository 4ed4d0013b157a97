import { z } from 'zod';
import type { ClientPayload } from './client-payload.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Records, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';
import { hashClientSecret } from './client-secrets.ts';
import { blockSubject, isClientIdUrl } from './client-id-url.ts';
import type { ClientDocuments } from './client-documents.ts';
import { Unavailable } from '../grants/index.ts';
import { networkTagOf } from './registration-names.ts';
import type { ClientsUnderWay, Unused } from './unused-clients.ts';
import { createClientsUnderWay, makeRoom } from './unused-clients.ts';

/** A record that belongs to oidc-provider; the library itself judges its members. */
export const payloadFamily: RecordFamily<ClientPayload> = {
  schema: 1,
  shape: z.record(z.string(), z.unknown()),
};

const blockedFamily: RecordFamily<{ readonly at: number }> = {
  schema: 1,
  shape: z.strictObject({ at: z.int() }),
};

const DAY_MS = 24 * 60 * 60_000;
/** How long a registered client lives without ever holding a grant (ms). */
const UNUSED_CLIENT_MS = 7 * DAY_MS;
/** Editors keep a dead client id for good: one that was used stays known this long after its last grant (ms). */
const REMEMBERED_CLIENT_MS = 365 * DAY_MS;

/** Registered clients (RFC 7591). */
export interface Clients {
  readonly records: Records<ClientPayload>;
  /**
   * Stores a new client, its secret hashed. One that exists already stays as it is.
   * @throws `temporarily_unavailable` when its network has taken the room for clients that nobody signs in with.
   */
  readonly register: (clientId: string, payload: ClientPayload) => Promise<void>;
  /** A client outlives every grant it holds: a client that vanishes earlier strands its users. */
  keepUntil(clientId: string, until: number): Promise<void>;
  /** Those that somebody is signing in with. */
  readonly underWay: ClientsUnderWay;
  /**
   * Makes a client unknown, whatever kind it is and as long as it takes; undone by `unblock`. `https://host` stands for
   * all client documents of a host: the next path of it would be another client.
   */
  readonly block: (clientId: string) => Promise<void>;
  /** False when it was not blocked. */
  readonly unblock: (clientId: string) => Promise<boolean>;
  readonly isBlocked: (clientId: string) => Promise<boolean>;
}

interface ClientDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  /** Clients that were registered and never used; one more removes the oldest of them. */
  readonly maxUnused: number;
  /** Absent when client ID metadata documents are off. */
  readonly documents?: Pick<ClientDocuments, 'keepUntil'> | undefined;
}

export function createClients(deps: ClientDeps): Clients {
  const { store, clock } = deps;
  const records = createRecords(store, payloadFamily, recordMacKeys(deps.gatewayRing));
  const blocked = createRecords(store, blockedFamily, recordMacKeys(deps.gatewayRing));
  const unused = keys.unusedClients();
  const underWay = createClientsUnderWay(deps);
  const room = unusedRoom(deps, records, underWay);

  return {
    records,
    underWay,
    register: async (clientId, payload) => {
      // Registered twice within moments; in between somebody may have signed in, and it is not unused any more.
      if ((await records.read(keys.client(clientId))) !== undefined) return;
      if (!(await makeRoom(room, clientId)))
        throw new Unavailable('registered_clients', 'too many registered clients wait for a first sign-in');
      const expiresAt = clock.now() + UNUSED_CLIENT_MS;
      const { client_secret: secret } = payload;
      const hashed = typeof secret === 'string' ? { client_secret: hashClientSecret(secret) } : {};
      await store.addMember(unused, clientId, expiresAt);
      const data = { ...payload, ...hashed };
      await store.commit([records.put(keys.client(clientId), data, { expiresAt, expect: 'absent' })]);
    },
    keepUntil: async (clientId, grantEnd) => {
      const until = grantEnd + REMEMBERED_CLIENT_MS;
      const key = keys.client(clientId);
      const found = await records.read(key);
      if (found === undefined) {
        await deps.documents?.keepUntil(clientId, grantEnd);
        return;
      }
      if (found.expiresAt === null) return;
      // Written again only when that gains a day: not every sign-in need write the client. Losing to another writer is
      // fine: it extended the record as well. Before it leaves the index, so that whoever makes room sees that it is used.
      if (found.expiresAt < until - DAY_MS) {
        const options = { expiresAt: until, expect: { version: found.version } };
        await store.commit([records.put(key, found.data, options)]);
      }
      await store.removeMember(unused, clientId);
    },
    block: async (clientId) => {
      const key = keys.blockedClient(blockSubject(clientId));
      const change = blocked.put(key, { at: clock.now() }, { expiresAt: null });
      await store.commit([change], { replicated: true });
    },
    unblock: async (clientId) =>
      await store.commit([
        { op: 'delete', key: keys.blockedClient(blockSubject(clientId)), expect: 'present' },
      ]),
    isBlocked: async (clientId) => {
      const names = isClientIdUrl(clientId) ? [clientId, new URL(clientId).origin] : [clientId];
      const found = await Promise.all(
        names.map(async (name) => await blocked.read(keys.blockedClient(name))),
      );
      return found.some((each) => each !== undefined);
    },
  };
}

function unusedRoom(
  { store, clock, maxUnused }: ClientDeps,
  records: Records<ClientPayload>,
  underWay: ClientsUnderWay,
): Unused {
  return {
    store,
    clock,
    set: keys.unusedClients(),
    max: maxUnused,
    groupOf: networkTagOf,
    isUnderWay: underWay.has,
    forget: async (clientId) => {
      const key = keys.client(clientId);
      const found = await records.read(key);
      // One that was used since it was listed stays: its users would be stranded.
      const isUnused =
        found !== undefined && (found.expiresAt ?? Infinity) <= clock.now() + UNUSED_CLIENT_MS + DAY_MS;
      if (isUnused) await store.commit([{ op: 'delete', key, expect: { version: found.version } }]);
    },
  };
}
