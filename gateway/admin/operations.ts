import type { Clock } from '../../shared/clock.ts';
import type { RevocationPublisher } from '../../shared/revocation/index.ts';
import type { Clients } from '../clients/index.ts';
import { blockSubject } from '../clients/index.ts';
import type { KeyTimes, SigningKeys } from '../authorization-server/index.ts';
import { endEach, isLive } from '../grants/index.ts';
import type { Accounts, Grants } from '../grants/index.ts';
import type { AnyGrants, OrganizationIds } from '../standing/index.ts';

/** A grant as an operator sees it: enough to answer "why was I logged out", nothing that opens anything. */
export interface OperatorGrant {
  readonly grantId: string;
  readonly clientId: string;
  readonly clientName: string | null;
  readonly scope: readonly string[];
  readonly createdAt: number;
  readonly usedAt: number | null;
  readonly state: 'live' | 'ended' | 'expired';
  readonly ended: { readonly reason: string; readonly at: number } | null;
}

/** What an operator may do; each takes effect in all processes. Reject with StoreUnavailableError when the store is away. */
export interface Operations {
  readonly signingKeys: () => readonly KeyTimes[];
  readonly rotateSigningKey: () => Promise<KeyTimes>;
  /** False when there is no such key. */
  readonly retireSigningKey: (kid: string) => Promise<boolean>;
  readonly grantsOf: (githubId: number) => Promise<readonly OperatorGrant[]>;
  /** Ends a grant; false when it is not live. */
  readonly endGrant: (grantId: string) => Promise<boolean>;
  /** Ends every grant of a person; answers how many. @throws Error after all others ended, when one could not be. */
  readonly endAccount: (githubId: number) => Promise<number>;
  /**
   * Ends a client's tokens and lets it do nothing more, whatever kind of client it is. `https://host` stands for every
   * client known by a document of that host.
   */
  readonly blockClient: (clientId: string) => Promise<void>;
  /** False when it was not blocked. */
  readonly unblockClient: (clientId: string) => Promise<boolean>;
  /** From now on this login of `GITHUB_ORGANIZATION` means the organization with this id. */
  readonly acceptOrganization: (login: string, id: number) => Promise<void>;
  /** Ends every access token that exists; grants live on, so clients refresh. */
  readonly endAllTokens: () => Promise<void>;
}

export function createOperations(deps: {
  signingKeys: Pick<SigningKeys, 'list' | 'rotate' | 'retire'>;
  anyGrants: Pick<AnyGrants, 'find' | 'end'>;
  /** A number alone names a person of the first GitHub. */
  people: {
    readonly accounts: Pick<Accounts, 'subjectOf'>;
    readonly grants: Pick<Grants, 'listOf' | 'end'>;
  };
  organizationIds: Pick<OrganizationIds, 'accept'>;
  clients: Pick<Clients, 'block' | 'unblock'>;
  revocations: Pick<RevocationPublisher, 'publish'>;
  clock: Clock;
}): Operations {
  const { signingKeys, anyGrants, organizationIds, clients, revocations, clock } = deps;
  const { accounts, grants } = deps.people;
  return {
    signingKeys: signingKeys.list,
    rotateSigningKey: signingKeys.rotate,
    retireSigningKey: signingKeys.retire,
    grantsOf: async (githubId) => {
      const listed = await grants.listOf(accounts.subjectOf(githubId));
      return listed.map(({ grantId, grant }) => {
        const { clientId, clientName, scope, createdAt, usedAt, ended, refresh } = grant;
        const lateAnswers = refresh?.lateAnswers ?? [];
        const state = isLive(grant, clock.now()) ? 'live' : ended === null ? 'expired' : 'ended';
        return { grantId, clientId, clientName, scope, createdAt, usedAt, state, lateAnswers, ended };
      });
    },
    endGrant: async (grantId) => {
      const found = await anyGrants.find(grantId);
      if (found === undefined) return false;
      await anyGrants.end(grantId, 'revoked_by_operator');
      return true;
    },
    endAccount: async (githubId) => {
      const sub = accounts.subjectOf(githubId);
      // One entry stops all tokens; ending each grant, with a reason for its time line, takes longer.
      await revocations.publish({ kind: 'account', id: sub });
      const live = (await grants.listOf(sub)).filter(({ grant }) => isLive(grant, clock.now()));
      await endEach(
        live.map(({ grantId }) => grantId),
        async (grantId) => {
          await grants.end(grantId, 'revoked_by_operator');
        },
      );
      return live.length;
    },
    blockClient: async (clientId) => {
      await clients.block(clientId);
      await revocations.publish({ kind: 'client', id: blockSubject(clientId) });
    },
    unblockClient: clients.unblock,
    acceptOrganization: organizationIds.accept,
    endAllTokens: async () => {
      await revocations.publish({ kind: 'everything' });
    },
  };
}
