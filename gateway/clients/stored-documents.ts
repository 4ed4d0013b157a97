import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Records, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';
import { Unavailable } from '../grants/index.ts';
import type { Unused } from './unused-clients.ts';
import { createClientsUnderWay, makeRoom } from './unused-clients.ts';
import type { FetchedDocument } from './fetch-document.ts';

/** A document that nobody signed in with is forgotten after this long. */
const UNUSED_MS = 60 * 60_000;
/** Documents that nobody signed in with; with keys one has 20 KB at most. */
const MAX_UNUSED = 1_000;
const DAY_MS = 24 * 60 * 60_000;
/** How long documents were kept before it counted whether somebody had signed in with them. */
const FORMERLY_KEPT_MS = 90 * DAY_MS;
/** Rounds against other gateways that write the same document. */
const MAX_ROUNDS = 5;

/** A document as it was fetched last, and until when a grant may stand on it (ms; 0 when none ever did). */
export interface StoredDocument extends FetchedDocument {
  readonly keptUntil: number;
}

const times = { freshUntil: z.int(), staleUntil: z.int() };
const metadata = z.record(z.string(), z.unknown()).nullable();
const previousShape = z.strictObject({ metadata, ...times });

const documentFamily: RecordFamily<StoredDocument> = {
  schema: 2,
  shape: z.strictObject({ metadata, ...times, keptUntil: z.int() }),
  // Who had signed in was not noted: all are kept as long as they would have been.
  upgrade: (data) => {
    const previous = previousShape.parse(data);
    return {
      ...previous,
      keptUntil: previous.metadata === null ? 0 : previous.freshUntil + FORMERLY_KEPT_MS,
    };
  },
};

interface DocumentDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
}

/**
 * Documents in the store, for all gateways. Anybody can name documents without end: those that nobody signed in with live
 * an hour and are bounded in number, and the host with the most of them gives way first.
 */
export interface StoredDocuments {
  find(clientId: string): Promise<StoredDocument | undefined>;
  /** @throws `temporarily_unavailable` when there is no room for one more that nobody signed in with. */
  save(clientId: string, fetched: FetchedDocument): Promise<StoredDocument>;
  /** Keeps a document as long as a grant may stand on it; false when it is not there. */
  keepUntil(clientId: string, grantEnd: number): Promise<boolean>;
}

export function createStoredDocuments(deps: DocumentDeps): StoredDocuments {
  const { store, clock } = deps;
  const records = createRecords(store, documentFamily, recordMacKeys(deps.gatewayRing));
  const room = unusedRoom(deps, records);
  const unused = keys.unusedDocuments();
  const read = async (clientId: string) => await records.read(keys.clientDocument(clientId));

  /** Writes one version after another; undefined when another gateway kept being faster. */
  async function change(
    clientId: string,
    next: (found: StoredDocument | undefined) => StoredDocument | undefined,
  ): Promise<StoredDocument | undefined> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const found = await read(clientId);
      const document = next(found?.data);
      if (document === undefined) return undefined;
      const expect = found === undefined ? ('absent' as const) : { version: found.version };
      const expiresAt = expiryOf(document, clock.now());
      const put = records.put(keys.clientDocument(clientId), document, { expiresAt, expect });
      if (await store.commit([put])) return document;
    }
    throw new Unavailable('client_document_rounds', 'a client document kept being written by others');
  }

  return {
    find: async (clientId) => (await read(clientId))?.data,
    save: async (clientId, fetched) => {
      const isNew = (await read(clientId)) === undefined;
      if (isNew && fetched.metadata !== null && !(await makeRoom(room, clientId)))
        throw new Unavailable('client_document_places', 'too many client documents wait for a first sign-in');
      const saved = await change(clientId, (found) => ({ ...fetched, keptUntil: found?.keptUntil ?? 0 }));
      const document = saved ?? { ...fetched, keptUntil: 0 };
      if (document.metadata !== null && document.keptUntil <= clock.now())
        await store.addMember(unused, clientId, clock.now() + UNUSED_MS);
      return document;
    },
    keepUntil: async (clientId, grantEnd) => {
      const kept = await change(clientId, (found) =>
        found === undefined ? undefined : { ...found, keptUntil: Math.max(found.keptUntil, grantEnd) },
      );
      if (kept !== undefined) await store.removeMember(unused, clientId);
      return kept !== undefined;
    },
  };
}

function expiryOf({ metadata: known, freshUntil, keptUntil }: StoredDocument, now: number): number {
  return Math.max(keptUntil, known === null ? freshUntil : now + UNUSED_MS);
}

function unusedRoom(deps: DocumentDeps, records: Records<StoredDocument>): Unused {
  const { store, clock } = deps;
  return {
    store,
    clock,
    set: keys.unusedDocuments(),
    max: MAX_UNUSED,
    groupOf: (clientId) => new URL(clientId).host,
    isUnderWay: createClientsUnderWay(deps).has,
    forget: async (clientId) => {
      const key = keys.clientDocument(clientId);
      const found = await records.read(key);
      const isUnused = found !== undefined && found.data.keptUntil <= clock.now();
      if (isUnused) await store.commit([{ op: 'delete', key, expect: { version: found.version } }]);
    },
  };
}
