import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Clock } from '../../../shared/clock.ts';
import type { Key, Records, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys } from '../../../shared/vault/index.ts';
import { toProviderScope } from './authorization-request.ts';
import type { Clients, FindClient, UsedAssertions } from '../../clients/index.ts';
import { payloadFamily } from '../../clients/index.ts';
import type { RefreshTokens } from '../../grants/index.ts';
import type { AnyGrants } from '../../standing/index.ts';
import { asProtocolStep } from './errors.ts';
import type { Codes } from '../token/codes.ts';
import type { DeviceCodes } from '../token/device-codes.ts';
import { parseRefreshToken } from '../../grants/index.ts';

interface AdapterDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  readonly clients: Clients;
  readonly findClient: FindClient;
  readonly usedAssertions: UsedAssertions;
  readonly grants: Pick<AnyGrants, 'find' | 'end'>;
  readonly codes: Codes;
  readonly deviceCodes: DeviceCodes;
  readonly refreshTokens: RefreshTokens;
}

/**
 * oidc-provider's storage, model by model; each of its records carries a MAC, interactions too: the library believes what
 * they say of account, grant and redirect URI. Codes and grants have their own
 * records and rules (token/, grants.ts); here the library only sees them through its own shapes.
 */
export function createAdapterFactory(deps: AdapterDeps): AdapterFactory {
  const authentic = createRecords(deps.store, payloadFamily, recordMacKeys(deps.gatewayRing));
  const adapters: Readonly<Record<string, Partial<Adapter>>> = {
    Client: clientAdapter(deps),
    Session: sessionAdapter(deps, authentic),
    Interaction: notingClients(deps, recordAdapter(deps, authentic, keys.interaction)),
    Grant: grantAdapter(deps),
    AuthorizationCode: codeAdapter(deps),
    RefreshToken: refreshTokenAdapter(deps),
    DeviceCode: deviceCodeAdapter(deps),
    ReplayDetection: usedAssertionAdapter(deps),
  };
  return (model) => complete(model, adapters[model] ?? {});
}

/** Methods a model does not have find nothing and refuse to write: an unexpected model is a configuration fault. */
function complete(model: string, adapter: Partial<Adapter>): Adapter {
  const absent = () => Promise.resolve(undefined);
  const refuse = () =>
    Promise.reject(new TypeError(`oidc-provider asked to store ${model}, which is not enabled`));
  const { upsert, find, findByUid, findByUserCode, consume, destroy } = adapter;
  return {
    upsert: async (id, payload, ttl) => {
      await asProtocolStep(async () => await (upsert ?? refuse)(id, payload, ttl));
    },
    find: async (id) => await asProtocolStep(async () => await (find ?? absent)(id)),
    findByUid: async (uid) => await asProtocolStep(async () => await (findByUid ?? absent)(uid)),
    findByUserCode: async (userCode) =>
      await asProtocolStep(async () => await (findByUserCode ?? absent)(userCode)),
    consume: async (id) => {
      await asProtocolStep(async () => await (consume ?? refuse)(id));
    },
    destroy: async (id) => {
      await asProtocolStep(async () => await (destroy ?? absent)(id));
    },
    // No index by grant: codes, refresh tokens and workers all look at the grant itself.
    revokeByGrantId: absent,
  };
}

function recordAdapter(
  deps: AdapterDeps,
  records: Records<AdapterPayload>,
  keyOf: (id: string) => Key,
): Partial<Adapter> {
  return {
    upsert: async (id, payload, ttl) => {
      const expiresAt = Number.isFinite(ttl) ? deps.clock.now() + Number(ttl) * 1000 : null;
      await deps.store.commit([records.put(keyOf(id), payload, { expiresAt })]);
    },
    find: async (id) => (await records.read(keyOf(id)))?.data,
    destroy: async (id) => {
      await deps.store.commit([{ op: 'delete', key: keyOf(id) }]);
    },
  };
}

/** A client that somebody is signing in with is not forgotten for want of room. */
async function noteUnderWay({ clients, clock }: AdapterDeps, clientId: unknown, ttl: number | undefined) {
  if (typeof clientId === 'string' && ttl !== undefined)
    await clients.underWay.note(clientId, clock.now() + ttl * 1000);
}

function notingClients(deps: AdapterDeps, interactions: Partial<Adapter>): Partial<Adapter> {
  return {
    ...interactions,
    upsert: async (id, payload, ttl) => {
      // One that is being answered was noted when it began.
      if (payload.result === undefined) await noteUnderWay(deps, payload.params?.['client_id'], ttl);
      await interactions.upsert?.(id, payload, ttl);
    },
  };
}

function clientAdapter({ clients, findClient }: AdapterDeps): Partial<Adapter> {
  return { upsert: clients.register, find: findClient };
}

/** Sessions are also found by `uid`; that index points to the session id and is verified on use. */
function sessionAdapter(deps: AdapterDeps, records: Records<AdapterPayload>): Partial<Adapter> {
  const byId = recordAdapter(deps, records, keys.session);
  const byUid = recordAdapter(deps, records, keys.sessionByUid);
  return {
    ...byId,
    upsert: async (id, payload, ttl) => {
      await byUid.upsert?.(String(payload.uid), { jti: id }, ttl);
      await byId.upsert?.(id, payload, ttl);
    },
    findByUid: async (uid) => {
      const pointer = await byUid.find?.(uid);
      const session = pointer?.jti === undefined ? undefined : await byId.find?.(pointer.jti);
      return session?.uid === uid ? session : undefined;
    },
  };
}

function grantAdapter({ grants }: AdapterDeps): Partial<Adapter> {
  return {
    find: async (grantId) => {
      const found = await grants.find(grantId);
      if (found === undefined) return undefined;
      const { clientId, sub, resource, scope, createdAt, endsAt } = found.data;
      return {
        jti: grantId,
        kind: 'Grant',
        clientId,
        accountId: sub,
        resources: { [resource]: toProviderScope(scope) },
        iat: Math.floor(createdAt / 1000),
        exp: Math.floor(endsAt / 1000),
      };
    },
    // oidc-provider destroys a grant only at its revocation endpoint; our token endpoint has its own reasons.
    destroy: async (grantId) => {
      await grants.end(grantId, 'revoked_by_client');
    },
  };
}

/** The library itself looks, then writes. */
function usedAssertionAdapter({ usedAssertions }: AdapterDeps): Partial<Adapter> {
  return {
    find: async (id) => ((await usedAssertions.has(id)) ? {} : undefined),
    upsert: async (id, _payload, ttl) => {
      if (!(await usedAssertions.use(id, Number(ttl))))
        throw new errors.InvalidClientAuth('the client assertion was used before');
    },
  };
}

function codeAdapter({ codes, clock }: AdapterDeps): Partial<Adapter> {
  return {
    upsert: async (code, payload, ttl) => {
      const { clientId, grantId, redirectUri, codeChallenge, resource } = payload;
      if (!clientId || !grantId || !redirectUri || !codeChallenge || typeof resource !== 'string') {
        throw new TypeError('an authorization code without client, grant, redirect, challenge or resource');
      }
      const expiresAt = clock.now() + (ttl ?? 0) * 1000;
      await codes.create(code, { clientId, grantId, redirectUri, codeChallenge, resource, expiresAt });
    },
  };
}

/** Used ones are not shown to the library, which would only say so: our grant handler tells a replay from a race. */
function deviceCodeAdapter(deps: AdapterDeps): Partial<Adapter> {
  const { deviceCodes } = deps;
  return {
    upsert: async (deviceCode, payload, ttl) => {
      await noteUnderWay(deps, payload.clientId, ttl);
      await deviceCodes.save(deviceCode, payload, Number(ttl));
    },
    find: async (deviceCode) => {
      const found = await deviceCodes.find(deviceCode);
      return found === undefined ? undefined : { ...found.data.payload, jti: deviceCode };
    },
    findByUserCode: async (userCode) => {
      const known = await deviceCodes.findByUserCode(userCode);
      return known === undefined ? undefined : { ...known.found.payload, jti: known.deviceCode };
    },
  };
}

/** Refresh tokens are derived, not stored; `/revoke` finds the grant behind one through this view. */
function refreshTokenAdapter({ grants, refreshTokens }: AdapterDeps): Partial<Adapter> {
  return {
    find: async (token) => {
      const presented = parseRefreshToken(token);
      const found = presented && (await grants.find(presented.grantId));
      const family = found?.data.refresh;
      if (presented === undefined || found === undefined || family === undefined || family === null)
        return undefined;
      if (!refreshTokens.isAuthentic(family, presented)) return undefined;
      const { grantId } = presented;
      const { clientId, sub, createdAt, endsAt } = found.data;
      const iat = Math.floor(createdAt / 1000);
      const exp = Math.floor(endsAt / 1000);
      return { jti: token, kind: 'RefreshToken', clientId, accountId: sub, grantId, iat, iiat: iat, exp };
    },
    // The token itself is not stored: its grant, destroyed next, is what ends.
    destroy: () => Promise.resolve(),
  };
}
