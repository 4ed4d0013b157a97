import type { GitHubConnection } from '../../shared/github/index.ts';
import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import type { RevocationFeed, RevocationPublisher } from '../../shared/revocation/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import type { Credentials } from '../credentials/index.ts';
import { createCredentials } from '../credentials/index.ts';
import type { Account, Accounts, GrantLifetimes, Grants } from '../grants/index.ts';
import { createAccounts, createGrants } from '../grants/index.ts';
import type { Standing, StandingOptions } from './standing.ts';
import { createStanding } from './standing.ts';

/** The people of one GitHub: their tokens there, their grants, and whether those may still be used. */
export interface People {
  readonly github: GitHubConnection;
  readonly credentials: Credentials;
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly standing: Standing;
}

export interface PeopleOptions extends StandingOptions {
  readonly vaultRing: KeyRing;
  readonly grantLifetimes: GrantLifetimes;
  /** The longest call that a GitHub token is used for (ms). */
  readonly longestCallMs: number;
}

export function createPeople(
  platform: Platform,
  github: GitHubConnection,
  options: PeopleOptions,
  revocations: Pick<RevocationPublisher, 'publish'> & Pick<RevocationFeed, 'onResumed'>,
): People {
  const { store, clock, events, logger, gatewayRing } = platform;
  const { vaultRing, grantLifetimes: lifetimes, longestCallMs: graceMs } = options;
  const githubHost = github.host.key;
  const credentials = createCredentials(platform, { github, vaultRing, graceMs });
  const accounts = createAccounts({ store, gatewayRing, githubHost, clock });
  const grants = createGrants({
    store,
    vault: credentials.vault,
    gatewayRing,
    clock,
    githubHost,
    events,
    revocations,
    lifetimes,
    onFault: faultLog(logger, 'a grant could not be read'),
  });
  revocations.onResumed(() => {
    grants.reapplyEnds().catch(faultLog(logger, 'grants that ended could not be ended once more'));
  });
  const standing = createStanding(platform, github, options, { credentials, grants, accounts, revocations });
  return { github, credentials, accounts, grants, standing };
}

/** What is done with a grant by its id or record alone, whichever GitHub its person is of. */
export type AnyGrants = Pick<
  Grants,
  'find' | 'endReasonOf' | 'handleOf' | 'saveRefresh' | 'keepHold' | 'end'
>;

/** Everybody: the people of each GitHub, found by the resource that their grants are for. */
export interface Everybody {
  /** The people of a resource, by its identifier. Those of the first one for a resource that is not served any more. */
  of(resource: string): People;
  readonly all: readonly [People, ...People[]];
  /** Builds something for the people of each GitHub; answers how it is found by a resource. */
  each<T>(build: (people: People) => T): (resource: string) => T;
  readonly grants: AnyGrants;
  /** A subject names its GitHub as well: it is known at one of them at most. */
  readonly findAccount: (sub: string) => Promise<Account | undefined>;
}

export function everybodyOf(byResource: ReadonlyMap<string, People>): Everybody {
  const [first, ...others] = new Set(byResource.values());
  if (first === undefined) throw new TypeError('a gateway without resources has no people');
  const all = [first, ...others] as const;
  const of = (resource: string) => byResource.get(resource) ?? first;
  const { grants } = first;
  return {
    of,
    all,
    each: (build) => {
      const built = new Map(all.map((people) => [people, { value: build(people) }]));
      return (resource) => {
        const people = of(resource);
        return (built.get(people) ?? { value: build(people) }).value;
      };
    },
    grants: {
      find: async (grantId) => await grants.find(grantId),
      endReasonOf: async (grantId) => await grants.endReasonOf(grantId),
      handleOf: (grantId, grant) => grants.handleOf(grantId, grant),
      saveRefresh: async (grantId, found, family) => await grants.saveRefresh(grantId, found, family),
      keepHold: async (grantId, grant, heldUntil) =>
        await of(grant.resource).grants.keepHold(grantId, grant, heldUntil),
      // Its credential is let go of where it is held.
      end: async (grantId, reason) => {
        const found = await grants.find(grantId);
        if (found !== undefined) await of(found.data.resource).grants.end(grantId, reason);
      },
    },
    findAccount: async (sub) => {
      for (const { accounts } of all) {
        const account = await accounts.find(sub);
        if (account !== undefined) return account;
      }
      return undefined;
    },
  };
}
