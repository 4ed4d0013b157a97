import { onTestFinished } from 'vitest';
import { createCredentialSource } from '../../gateway/credentials/credential-source.ts';
import { createCredentialVault } from '../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../gateway/credentials/retirements.ts';
import { createAccounts, createGrants } from '../../gateway/grants/index.ts';
import { createEventBus } from '../../shared/ops/index.ts';
import { openSqliteStore } from '../../shared/store/index.ts';
import { createCredentialReader, parseKeyRing } from '../../shared/vault/index.ts';
import { fakeClock } from './fake-clock.ts';
import { interruptedStore } from './interrupted-store.ts';
import { DAY_MS } from './movable-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ring = (name: string, byte: number) =>
  parseKeyRing(`${name}:${Buffer.alloc(32, byte).toString('base64url')}`);

export const GITHUB_HOST = 'github.com';
export const GITHUB_APP = 'app';

/** The rooms that know people, of any number of gateways on one real store of which each may lose single operations. */
export async function openPeopleRooms() {
  const clock = fakeClock();
  const under = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(under.close);
  const gateway = () => {
    const { store, interrupt, heal } = interruptedStore(under);
    const gatewayRing = ring('g1', 1);
    const retirements = createRetirements({ store, githubHost: GITHUB_HOST, gatewayRing, clock });
    const shared = { store, gatewayRing, githubHost: GITHUB_HOST, clock };
    const vaultRing = ring('v1', 2);
    const vault = createCredentialVault({ ...shared, vaultRing, retirements, graceMs: 0 });
    const reader = createCredentialReader({ store, vaultRing, githubHost: GITHUB_HOST, clock });
    const published: string[] = [];
    const ended: string[] = [];
    const deletedAtGitHub: string[] = [];
    const faults: unknown[] = [];
    const events = createEventBus();
    events.on('grant.ended', ({ grantId }) => void ended.push(grantId));
    const grants = createGrants({
      ...shared,
      vault,
      events,
      revocations: {
        publish: async (entry) => {
          await Promise.resolve();
          if (entry.kind === 'grant') published.push(entry.id);
        },
      },
      onFault: () => undefined,
      lifetimes: { idleMs: 14 * DAY_MS, absoluteMs: 90 * DAY_MS, perClient: 10 },
    });
    const source = createCredentialSource({
      vault,
      githubHost: GITHUB_HOST,
      app: GITHUB_APP,
      oauth: {
        deleteToken: async (accessToken) => {
          await Promise.resolve();
          deletedAtGitHub.push(accessToken);
          return 'deleted';
        },
      },
      retirements,
      clock,
      onFault: (error) => void faults.push(error),
    });
    const accounts = createAccounts(shared);
    const rooms = { store, gatewayRing, clock, events, retirements, vault, reader, grants, source, accounts };
    return { ...rooms, interrupt, heal, published, ended, deletedAtGitHub, faults };
  };
  return { clock, under, gateway };
}

export type PeopleRooms = ReturnType<Awaited<ReturnType<typeof openPeopleRooms>>['gateway']>;
