import { secretSource } from '../../shared/config/index.ts';
import { followGateKey } from '../../shared/gateway-context/index.ts';
import type { ProxiedHttp } from '../../shared/outgoing-http/index.ts';
import type { ServiceDeps } from '../../shared/process/index.ts';
import type { OverlappingSecret, SecretFollower, SecretSource } from '../../shared/secrets/index.ts';
import { followOverlappingSecret, followSecretFiles } from '../../shared/secrets/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { followKeyRing, generatedKeySource } from '../../shared/vault/index.ts';
import type { GatewayConfig } from './load-config.ts';

/** The gateway's secrets. Each follows the file it came from, if it came from one; none is kept by who uses it. */
export interface GatewaySecrets {
  readonly gatewayRing: KeyRing;
  readonly vaultRing: KeyRing;
  readonly gateKey: OverlappingSecret;
  readonly readClientSecret: () => string;
  /** Absent when the GitHub app sends no webhooks. */
  readonly webhookSecret: OverlappingSecret | undefined;
  /** Absent when there is no admin API. */
  readonly readAdminToken: (() => string) | undefined;
  /** For a file that another room understands. */
  readonly follow: SecretFollower['follow'];
  /** Gives a changed HTTPS_PROXY to the doors that go through it. */
  followProxy(doors: readonly (ProxiedHttp | undefined)[]): void;
  /** How often each ring's older keys were needed, by environment name. */
  readonly olderKeyUses: () => Readonly<Record<string, number>>;
  close(): void;
}

/** @throws the file system's error when keys are to be generated and cannot be. */
export function openGatewaySecrets(config: GatewayConfig, deps: ServiceDeps): GatewaySecrets {
  const follower = followSecretFiles(deps);
  const shared = { follower, clock: deps.clock };
  const followText = (source: SecretSource): (() => string) => {
    let { text } = source;
    follower.follow(source, (next) => {
      text = next;
    });
    return () => text;
  };
  const gatewayRing = followKeyRing(
    follower,
    secretSource(config, 'gatewayKeys') ?? generatedKeySource(config.stateDir, 'gateway-keys'),
  );
  const vaultRing = followKeyRing(
    follower,
    secretSource(config, 'vaultKeys') ?? generatedKeySource(config.stateDir, 'vault-keys'),
  );
  const webhook = secretSource(config, 'githubWebhookSecret');
  const admin = secretSource(config, 'adminToken');
  return {
    gatewayRing,
    vaultRing,
    gateKey: followGateKey(
      shared,
      secretSource(config, 'workerGateKey') ?? generatedKeySource(config.stateDir, 'worker-gate-key'),
    ),
    readClientSecret: followText(secretSource(config, 'githubOauthClientSecret')),
    webhookSecret: webhook && followOverlappingSecret(shared, webhook),
    readAdminToken: admin && followText(admin),
    follow: follower.follow,
    followProxy: (doors) => {
      const proxy = secretSource(config, 'httpsProxy');
      if (proxy === undefined) return;
      follower.follow(proxy, (url) => {
        for (const door of doors) door?.replaceProxy(url);
      });
    },
    olderKeyUses: () => ({ GATEWAY_KEYS: gatewayRing.olderUses(), VAULT_KEYS: vaultRing.olderUses() }),
    close: follower.close,
  };
}
