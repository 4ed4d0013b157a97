import type { Router } from 'express';
import type { GitHubConnection } from '../../shared/github/index.ts';
import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import type { RevocationPublisher } from '../../shared/revocation/index.ts';
import type { OverlappingSecret } from '../../shared/secrets/index.ts';
import type { Credentials } from '../credentials/index.ts';
import type { Accounts, Grants } from '../grants/index.ts';
import { createAskGitHub } from './ask-github.ts';
import { createEndHolders } from './end-holders.ts';
import type { CredentialFreshener } from './freshen-credential.ts';
import { createCredentialFreshener } from './freshen-credential.ts';
import { createKnownStandings } from './known-standing.ts';
import type { Membership } from './membership.ts';
import { createMembership } from './membership.ts';
import type { OrganizationIds } from './organization-ids.ts';
import { createOrganizationIds } from './organization-ids.ts';
import { followUpRefusals, settleRefusal } from './refused-credentials.ts';
import { endRevokedAuthorization } from './revoked-authorization.ts';
import type { AccessRequirement } from './rules/access.ts';
import { createEndSuspended } from './suspended-account.ts';
import { createWebhookDeliveries } from './webhooks/deliveries.ts';
import type { WebhookDeps } from './webhooks/webhook-routes.ts';
import { createWebhookRoutes } from './webhooks/webhook-routes.ts';

/** Whether a grant may still be used: its credential, its account, and what the operator asks of people. */
export interface Standing {
  readonly freshen: CredentialFreshener;
  readonly membership: Membership;
  readonly organizationIds: OrganizationIds;
  /** Looks at what workers reported: tokens that GitHub refused. */
  readonly followUpRefusals: () => Promise<void>;
  /** What GitHub tells by itself; undefined when it tells nothing. */
  readonly webhooks: Router | undefined;
}

export interface StandingOptions {
  readonly requirement: AccessRequirement;
  /** How long a positive answer of GitHub's is believed. */
  readonly membershipMaxAgeMs: number;
  /** Life of an access token and the longest call made with it: a credential must outlive both. */
  readonly neededMs: number;
  /** Absent when the GitHub app sends no webhooks. */
  readonly webhookSecret: Pick<OverlappingSecret, 'accepted' | 'lookAgain'> | undefined;
}

interface Rooms {
  readonly credentials: Credentials;
  readonly grants: Grants;
  readonly accounts: Accounts;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
}

/** Only whether the account is there and not suspended. */
const NOTHING: AccessRequirement = { organizations: [], requireMfa: false };

export function createStanding(
  platform: Platform,
  github: GitHubConnection,
  options: StandingOptions,
  rooms: Rooms,
): Standing {
  const { store, clock, events, logger, gatewayRing } = platform;
  const { requirement, membershipMaxAgeMs: maxAgeMs, neededMs } = options;
  const { host, api, oauth } = github;
  const { grants, accounts, revocations } = rooms;
  const { vault, reader, refresh } = rooms.credentials;
  const githubHost = host.key;
  const freshen = createCredentialFreshener({ vault, grants, refresh, clock, revocations, neededMs });
  const endHolders = createEndHolders({ vault, grants, revocations });
  const known = createKnownStandings({ store, gatewayRing, clock, githubHost, requirement, maxAgeMs });
  const endSuspended = createEndSuspended({ grants, known, endHolders, clock, events });
  const onChanged = tellChangedOrganization(platform);
  const organizationIds = createOrganizationIds({ store, gatewayRing, githubHost, onChanged });
  const askAccount = createAskGitHub({ api, organizationIds, requirement: NOTHING });
  const settling = { vault, reader, grants, refresh, oauth, askAccount, endSuspended, revocations };
  const membership = createMembership({
    requirement,
    askGitHub: createAskGitHub({ api, requirement, organizationIds }),
    known,
    reader,
    grants,
    freshen,
    endSuspended,
    settleRefusal: async (grantId) => await settleRefusal(settling, grantId),
    clock,
    events,
  });
  const onFault = faultLog(logger, 'a token that GitHub refused could not be followed up');
  const reports = { ...settling, store, githubHost, clock, onFault };
  return {
    freshen,
    membership,
    organizationIds,
    followUpRefusals: async () => await followUpRefusals(reports),
    webhooks: createWebhooks(platform, options.webhookSecret, {
      host,
      accounts,
      recheck: membership.recheck,
      endRevoked: async (sub) => {
        const { app } = github;
        const revoking = { store, githubHost, clock, vault, reader, grants, refresh, oauth, revocations };
        await endRevokedAuthorization({ ...revoking, endHolders, app }, sub);
      },
    }),
  };
}

function createWebhooks(
  { store, gatewayRing, clock, events, logger }: Platform,
  secret: StandingOptions['webhookSecret'],
  { host, accounts, endRevoked, recheck }: Pick<WebhookDeps, 'host' | 'accounts' | 'endRevoked' | 'recheck'>,
): Router | undefined {
  if (secret === undefined) return undefined;
  const deliveries = createWebhookDeliveries({ store, gatewayRing, clock });
  return createWebhookRoutes({ secret, host, deliveries, accounts, endRevoked, recheck, events, logger });
}

/** Its login belongs to somebody else now: nobody of it is let in until an operator has looked. */
function tellChangedOrganization({ events, logger }: Platform) {
  return (change: { readonly login: string; readonly was: number; readonly is: number }): void => {
    const { login, was, is } = change;
    events.emit({ type: 'organization.changed' });
    const command = `npm run admin -- accept-organization ${login} ${String(is)}`;
    logger.error(
      { login, was, is },
      `an organization has another id: nobody of it is let in; ${command} accepts it`,
    );
  };
}
