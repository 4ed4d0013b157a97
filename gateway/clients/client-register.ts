import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import type { RevocationFeed } from '../../shared/revocation/index.ts';
import type { IsAllowedClient } from './allowed-clients.ts';
import { createAllowedClients } from './allowed-clients.ts';
import type { Clients } from './clients.ts';
import { createClients } from './clients.ts';
import type { FindClient } from './find-client.ts';
import { createFindClient } from './find-client.ts';
import type { ClientDocuments } from './client-documents.ts';
import { createClientDocuments } from './client-documents.ts';
import type { PreregisteredClients } from './preregistered-clients.ts';
import type { RegistrationNames } from './registration-names.ts';
import { createRegistrationNames } from './registration-names.ts';
import type { RegistrationRules } from './registration-policy.ts';
import type { UsedAssertions } from './used-assertions.ts';
import { createUsedAssertions } from './used-assertions.ts';

/** Who may be a client. */
export interface ClientOptions {
  readonly registration: 'open' | 'allowlist' | 'off';
  readonly registrationRules: RegistrationRules;
  /** Most clients that registered themselves and that nobody signed in with. */
  readonly maxUnused: number;
  readonly preregistered: Pick<PreregisteredClients, 'get'>;
  /** Absent when client ID metadata documents are off; `allowedHosts` undefined means every public host. */
  readonly documents: { readonly allowedHosts: readonly string[] | undefined } | undefined;
}

/** Every client there is: the operator's own, those that registered themselves, and those known by a document. */
export interface ClientRegister {
  readonly clients: Clients;
  /** Absent when client ID metadata documents are off. */
  readonly documents: ClientDocuments | undefined;
  readonly names: RegistrationNames;
  readonly find: FindClient;
  readonly usedAssertions: UsedAssertions;
  readonly isAllowed: IsAllowedClient;
  /** The operator's own client of that id. */
  readonly preregistered: Pick<PreregisteredClients, 'get'>;
}

export function createClientRegister(
  { store, gatewayRing, clock, logger }: Platform,
  options: ClientOptions,
  {
    publicUrl,
    http,
    revocations,
  }: {
    readonly publicUrl: string;
    readonly http: OutgoingHttp | undefined;
    readonly revocations: Pick<RevocationFeed, 'onRevoked'>;
  },
): ClientRegister {
  const { preregistered, registration, registrationRules, maxUnused } = options;
  const documents =
    http &&
    createClientDocuments({
      store,
      gatewayRing,
      clock,
      http,
      allowedHosts: options.documents?.allowedHosts,
      publicUrl,
      registrationRules,
      onFault: faultLog(logger, 'a client document could not be fetched anew'),
    });
  const clients = createClients({ store, gatewayRing, clock, maxUnused, documents });
  const isAllowed = createAllowedClients({ registration, preregistered, clientDocuments: options.documents });
  return {
    clients,
    documents,
    names: createRegistrationNames({ gatewayRing, clock }),
    find: createFindClient({ clients, isAllowed, preregistered, documents, revocations, clock }),
    usedAssertions: createUsedAssertions({ store, gatewayRing, clock }),
    isAllowed,
    preregistered,
  };
}
