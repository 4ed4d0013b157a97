import { secretSource } from '../shared/config/index.ts';
import { followGateKey } from '../shared/gateway-context/index.ts';
import type { ProxiedHttp } from '../shared/outgoing-http/index.ts';
import type { ServiceDeps } from '../shared/process/index.ts';
import type { OverlappingSecret } from '../shared/secrets/index.ts';
import { followSecretFiles } from '../shared/secrets/index.ts';
import type { KeyRing } from '../shared/vault/index.ts';
import { followKeyRing, generatedKeySource } from '../shared/vault/index.ts';
import type { WorkerConfig } from './config.ts';

/** The worker's secrets; each follows the file it came from, if it came from one. */
export interface WorkerSecrets {
  readonly vaultRing: KeyRing;
  readonly gateKey: OverlappingSecret;
  /** Gives a changed HTTPS_PROXY to the door that goes through it. */
  followProxy(door: ProxiedHttp): void;
  close(): void;
}

/** @throws the file system's error when keys are to be generated and cannot be. */
export function openWorkerSecrets(config: WorkerConfig, deps: ServiceDeps): WorkerSecrets {
  const follower = followSecretFiles(deps);
  return {
    vaultRing: followKeyRing(
      follower,
      secretSource(config, 'vaultKeys') ?? generatedKeySource(config.stateDir, 'vault-keys'),
    ),
    gateKey: followGateKey(
      { follower, clock: deps.clock },
      secretSource(config, 'workerGateKey') ?? generatedKeySource(config.stateDir, 'worker-gate-key'),
    ),
    followProxy: (door) => {
      const proxy = secretSource(config, 'httpsProxy');
      if (proxy !== undefined) follower.follow(proxy, door.replaceProxy);
    },
    close: follower.close,
  };
}
