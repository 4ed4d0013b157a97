import type { GitHubConnection } from '../../shared/github/index.ts';
import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import type { CredentialReader, KeyRing } from '../../shared/vault/index.ts';
import { createCredentialReader } from '../../shared/vault/index.ts';
import type { CredentialSource } from './credential-source.ts';
import { createCredentialSource } from './credential-source.ts';
import type { CredentialVault } from './credential-vault.ts';
import { createCredentialVault } from './credential-vault.ts';
import type { CredentialRefresh } from './refresh-credential.ts';
import { createCredentialRefresh } from './refresh-credential.ts';
import type { Retirements } from './retirements.ts';
import { createRetirements } from './retirements.ts';

/** GitHub's tokens: where they are kept, how they are renewed, and where they go when nobody stands on them any more. */
export interface Credentials {
  readonly source: CredentialSource;
  readonly vault: CredentialVault;
  readonly retirements: Retirements;
  readonly reader: CredentialReader;
  readonly refresh: CredentialRefresh;
}

export function createCredentials(
  { store, clock, logger, gatewayRing }: Platform,
  {
    github,
    vaultRing,
    graceMs,
  }: {
    readonly github: GitHubConnection;
    readonly vaultRing: KeyRing;
    /** How long a superseded token stays good: the longest call made with it. */
    readonly graceMs: number;
  },
): Credentials {
  const { app, oauth } = github;
  const githubHost = github.host.key;
  const retirements = createRetirements({ store, githubHost, gatewayRing, clock });
  const vault = createCredentialVault({
    store,
    clock,
    gatewayRing,
    vaultRing,
    githubHost,
    retirements,
    graceMs,
  });
  return {
    source: createCredentialSource({
      vault,
      githubHost,
      app,
      oauth,
      retirements,
      clock,
      onFault: faultLog(logger, 'a GitHub token that nothing holds could not be deleted'),
    }),
    vault,
    retirements,
    reader: createCredentialReader({ store, vaultRing, githubHost, clock }),
    refresh: createCredentialRefresh({
      store,
      vault,
      oauth,
      githubHost,
      clock,
      onFault: faultLog(logger, 'a GitHub token could not be refreshed'),
    }),
  };
}
