import type { Clock } from '../../shared/clock.ts';
import type { Bases } from './access.ts';
import { installationId, installationState } from './installations.ts';
import { membershipSummary, organizationSummary, teamSummary } from './organization-body.ts';
import type { MemberOf } from './organization-body.ts';
import type { SimulatedOrganization, SimulatedTeam } from './organization-seed.ts';
import type { SimulatedApp, SimulatedUser, SimulatorState } from './state.ts';
import { userSummary } from './user-body.ts';
import type { Webhooks } from './webhooks.ts';

/** The events of a GitHub App that tell of access coming and going; an OAuth App hears of nothing. */
export interface WebhookEvents {
  /** `github_app_authorization`: a user's authorization ended. The sender is that user. */
  authorizationRevoked(app: SimulatedApp, user: SimulatedUser): void;
  /** `installation`, to the app concerned. */
  installationChanged(
    app: SimulatedApp,
    organization: SimulatedOrganization,
    action: 'created' | 'deleted' | 'suspend' | 'unsuspend',
  ): void;
  /** `organization`, to the apps installed there. */
  memberChanged(member: MemberOf, action: 'member_added' | 'member_removed'): void;
  /** `membership`, to the apps installed there. */
  teamMemberChanged(member: TeamMember, action: 'added' | 'removed'): void;
}

export interface TeamMember {
  readonly organization: SimulatedOrganization;
  readonly team: SimulatedTeam;
  readonly user: SimulatedUser;
}

export interface WebhookEventsDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  readonly webhooks: Pick<Webhooks, 'send'>;
  readonly bases: () => Bases;
}

// Somebody else than the person concerned: a receiver that reads the sender as the member is wrong.
const OWNER = { login: 'acme-owner', id: 9918 };

export function createWebhookEvents({ state, clock, webhooks, bases }: WebhookEventsDeps): WebhookEvents {
  const sender = () => userSummary(OWNER, bases());
  const toInstalled = (
    organization: SimulatedOrganization,
    event: string,
    payload: Readonly<Record<string, unknown>>,
  ): void => {
    for (const app of state.apps.values()) {
      const isInstalled = installationState(state, app.clientId, organization.login) === 'active';
      if (app.kind !== 'github-app' || !isInstalled) continue;
      const id = installationId(app, organization);
      const installation = { id, node_id: installationNodeId(id) };
      const whole = {
        ...payload,
        organization: organizationSummary(organization, bases()),
        sender: sender(),
      };
      webhooks.send(app, event, { ...whole, installation });
    }
  };
  return {
    authorizationRevoked: (app, user) => {
      if (app.kind !== 'github-app') return;
      webhooks.send(app, 'github_app_authorization', {
        action: 'revoked',
        sender: userSummary(user, bases()),
      });
    },
    installationChanged: (app, organization, action) => {
      const suspendedAt = action === 'suspend' ? new Date(clock.now()).toISOString() : null;
      const installation = installationBody(app, organization, { bases: bases(), suspendedAt });
      webhooks.send(app, 'installation', { action, installation, sender: sender() });
    },
    memberChanged: (member, action) => {
      const membership = membershipSummary(member, bases());
      toInstalled(member.organization, 'organization', { action, membership });
    },
    teamMemberChanged: ({ organization, team, user }, action) => {
      toInstalled(organization, 'membership', {
        action,
        scope: 'team',
        member: userSummary(user, bases()),
        team: teamSummary(organization, team, bases()),
      });
    },
  };
}

const installationNodeId = (id: number): string =>
  Buffer.from(`23:IntegrationInstallation${String(id)}`).toString('base64');

function installationBody(
  app: SimulatedApp,
  organization: SimulatedOrganization,
  { bases, suspendedAt }: { readonly bases: Bases; readonly suspendedAt: string | null },
): Record<string, unknown> {
  const id = installationId(app, organization);
  const slug = app.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return {
    id,
    client_id: app.clientId,
    app_id: app.id,
    app_slug: slug,
    account: { ...userSummary(organization, bases), type: 'Organization' },
    target_id: organization.id,
    target_type: 'Organization',
    repository_selection: 'all',
    access_tokens_url: `${bases.api}/app/installations/${String(id)}/access_tokens`,
    repositories_url: `${bases.api}/installation/repositories`,
    html_url: `${bases.web}/organizations/${organization.login}/settings/installations/${String(id)}`,
    permissions: { contents: 'read', members: 'read', metadata: 'read' },
    events: ['membership', 'organization'],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    single_file_name: null,
    suspended_by: suspendedAt === null ? null : userSummary(OWNER, bases),
    suspended_at: suspendedAt,
  };
}
