import type { CredentialVault } from '../../shared/vault/index.ts';
import {
  createCredentialReader,
  createCredentialVault,
  createRetirements,
} from '../../shared/vault/index.ts';
import { createAccounts } from './accounts.ts';
import { createAllowedClients } from './allowed-clients.ts';
import { createClientDocuments } from './client-documents/client-documents.ts';
import { createClients } from './clients.ts';
import type { Grants } from './grants/grants.ts';
import { createGrants } from './grants/grants.ts';
import { createAskGitHub } from './membership/ask-github.ts';
import { createKnownStandings } from './membership/known-standing.ts';
import { createOrganizationIds } from './membership/organization-ids.ts';
import { createMembership } from './membership/membership.ts';
import { createAdapterFactory } from './provider-adapter.ts';
import type { loadSigningKeys } from './signing-keys/signing-keys.ts';
import { createAccessTokenIssuer } from './token/access-token.ts';
import { createAuthorizationCodeGrant } from './token/authorization-code-grant.ts';
import { createCodes } from './token/codes.ts';
import { createDeviceCodeGrant } from './token/device-code-grant.ts';
import { createDeviceCodes } from './token/device-codes.ts';
import { createTokenIssue } from './token/issue-tokens.ts';
import { createRefreshTokenGrant } from './token/refresh-token-grant.ts';
import { endDisallowed } from './token/end-disallowed.ts';
import { createRefreshReceipts } from './token/refresh-receipts.ts';
import { createRefreshTokens } from './token/refresh-tokens.ts';
import { createEndHolders } from './upstream/end-holders.ts';
import { createEndSuspended } from './upstream/suspended-account.ts';
import { createCredentialFreshener } from './upstream/freshen-credential.ts';
import { createCredentialRefresh } from './upstream/refresh-credential.ts';
import { settleRefusal } from './upstream/refused-credentials.ts';
import type { AuthorizationServerDeps } from './dependencies.ts';

export type TokenCore = ReturnType<typeof createTokenCore>;

/** Grants, codes and tokens: what both the token endpoint and a finished login need. */
export function createTokenCore(
  deps: AuthorizationServerDeps,
  signingKeys: Awaited<ReturnType<typeof loadSigningKeys>>,
) {
  const { store, gatewayRing, clock, events } = deps;
  const githubHost = deps.github.host.key;
  const now = () => clock.now();
  const { vault, retirements } = createVault(deps);
  const accounts = createAccounts({ store, gatewayRing, githubHost, clock });
  const onFault = (error: unknown) => {
    deps.onFault(error, undefined);
  };
  const documents =
    deps.clientDocuments && createClientDocuments({ ...deps, ...deps.clientDocuments, onFault });
  const clients = createClients({ ...deps, maxUnused: deps.maxUnusedClients, documents });
  const isAllowedClient = createAllowedClients(deps);
  const codes = createCodes({ store, gatewayRing, now });
  const deviceCodes = createDeviceCodes({ store, gatewayRing, now });
  const refreshTokens = createRefreshTokens(gatewayRing);
  const lifetimes = {
    idleMs: deps.refreshTokenIdleSeconds * 1000,
    absoluteMs: deps.refreshTokenMaxSeconds * 1000,
    perClient: deps.grantsPerClient,
  };
  const grants = createGrants({ ...deps, githubHost, vault, lifetimes, onFault });
  const issueAccessToken = openIssuer(deps, signingKeys);
  const receipts = createRefreshReceipts({ ...deps, onFault });
  const parts = { ...createUpstream(deps, { vault, grants, onFault }), grants, accounts };
  const issue = createTokenIssue({ ...parts, refreshTokens, issueAccessToken, events, now });
  return {
    ...parts,
    vault,
    retirements,
    clients,
    receipts,
    refuseDisallowed: endDisallowed({ grants, refreshTokens, isAllowedClient }),
    adapter: createAdapterFactory({
      ...deps,
      clients,
      clientDocuments: documents,
      isAllowedClient,
      grants,
      codes,
      deviceCodes,
      refreshTokens,
    }),
    deviceCodeGrant: createDeviceCodeGrant({ deviceCodes, grants, issue, now }),
    authorizationCodeGrant: createAuthorizationCodeGrant({ codes, grants, issue, now }),
    refreshTokenGrant: createRefreshTokenGrant({
      ...deps,
      grants,
      issue,
      refreshTokens,
      receipts,
      offeredScopes: deps.scopes.allowed,
      windowMs: deps.refreshTokenWindowSeconds * 1000,
      now,
    }),
  };
}

function openIssuer(
  { publicUrl: issuer, accessTokenTtlSeconds: ttlSeconds, clock }: AuthorizationServerDeps,
  signingKeys: Awaited<ReturnType<typeof loadSigningKeys>>,
) {
  return createAccessTokenIssuer({ issuer, signingKeys, ttlSeconds, clock });
}

/** What keeps GitHub tokens fresh, and what ends grants when GitHub says so. */
function createUpstream(
  deps: AuthorizationServerDeps,
  { vault, grants, onFault }: { vault: CredentialVault; grants: Grants; onFault: (error: unknown) => void },
) {
  const { store, clock, github } = deps;
  const githubHost = github.host.key;
  const refresh = createCredentialRefresh({ store, vault, oauth: github.oauth, githubHost, clock, onFault });
  const neededMs = deps.accessTokenTtlSeconds * 1000 + deps.longestCallSeconds * 1000;
  const freshen = createCredentialFreshener({ ...deps, vault, grants, refresh, neededMs });
  const reader = createCredentialReader({ ...deps, githubHost });
  const endHolders = createEndHolders({ ...deps, vault, grants });
  const { requirement, maxAgeSeconds } = deps.access;
  const known = createKnownStandings({ ...deps, githubHost, requirement, maxAgeMs: maxAgeSeconds * 1000 });
  const endSuspended = createEndSuspended({ ...deps, grants, known, endHolders });
  const organizationIds = createOrganizationIds({
    ...deps,
    githubHost,
    onChanged: ({ login, was, is }) => {
      deps.events.emit({ type: 'organization.changed' });
      const text = `the organization ${login} was ${String(was)} and is ${String(is)} now: nobody of it is let in`;
      onFault(new Error(`${text}; npm run admin -- accept-organization ${login} ${String(is)} accepts it`));
    },
  });
  const askAccount = createAskGitHub({
    api: github.api,
    organizationIds,
    requirement: { organizations: [], requireMfa: false },
  });
  const settling = { vault, grants, refresh, reader, askAccount, endSuspended, oauth: github.oauth };
  const shared = { ...deps, ...settling };
  const membership = createMembership({
    ...shared,
    requirement,
    askGitHub: createAskGitHub({ api: github.api, requirement, organizationIds }),
    known,
    freshen,
    settleRefusal: async (grantId) => await settleRefusal(shared, grantId),
  });
  return { ...settling, freshen, endHolders, membership, organizationIds };
}

/** GitHub tokens, and where they go when nobody stands on them any more. */
function createVault(deps: AuthorizationServerDeps) {
  const retirements = createRetirements(deps);
  const graceMs = deps.longestCallSeconds * 1000;
  const githubHost = deps.github.host.key;
  return { retirements, vault: createCredentialVault({ ...deps, githubHost, retirements, graceMs }) };
}
