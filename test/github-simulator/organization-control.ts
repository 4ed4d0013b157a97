import { isLoopbackUrl } from '../../shared/outgoing-http/index.ts';
import type { SimulatorControl } from './control.ts';
import { changeInstallation, installationState } from './installations.ts';
import {
  changeMembership,
  changeTeamMembership,
  findOrganization,
  replaceOrganization,
} from './organizations.ts';
import type { SimulatedOrganization } from './organization-seed.ts';
import { requireUser } from './state.ts';
import type { InstallationState, SimulatedApp, SimulatorState } from './state.ts';
import type { WebhookEvents } from './webhook-events.ts';

export interface OrganizationControlDeps {
  readonly state: SimulatorState;
  readonly events: WebhookEvents;
}

type OrganizationControl = Pick<
  SimulatorControl,
  'setWebhook' | 'setInstallation' | 'setMembership' | 'replaceOrganization' | 'setTeamMembership'
>;

export function createOrganizationControl(deps: OrganizationControlDeps): OrganizationControl {
  const { state, events } = deps;
  return {
    setWebhook: (clientId, target) => {
      const app = requireGitHubApp(state, clientId);
      if (target === null) state.webhooks.delete(app.clientId);
      // The simulator speaks to this machine only.
      else if (!URL.canParse(target.url) || !isLoopbackUrl(new URL(target.url))) {
        throw new RangeError('a webhook must be on loopback');
      } else state.webhooks.set(app.clientId, target);
    },
    setInstallation: (clientId, login, next) => {
      const app = requireGitHubApp(state, clientId);
      const organization = requireOrganization(state, login);
      const before = installationState(state, clientId, organization.login);
      const action = installationAction(before, next ?? 'deleted');
      changeInstallation(state, { clientId, owner: organization.login, next: next ?? 'deleted' });
      if (action !== undefined) events.installationChanged(app, organization, action);
    },
    setMembership: (login, member, next, role) => {
      const organization = requireOrganization(state, login);
      const user = requireUser(state, member);
      const before = organization.members.get(user.id);
      const membership =
        next === null ? null : { state: next, role: role ?? before?.role ?? ('member' as const) };
      changeMembership(state, organization, { userId: user.id, membership });
      const [was, is] = [before?.state === 'active', membership?.state === 'active'];
      const told = membership ?? before;
      if (was === is || told === undefined) return;
      events.memberChanged({ organization, user, membership: told }, is ? 'member_added' : 'member_removed');
    },
    replaceOrganization: (login, id) => {
      replaceOrganization(state, requireOrganization(state, login), id);
    },
    setTeamMembership: (login, slug, member, next) => {
      const organization = requireOrganization(state, login);
      const team = organization.teams.get(slug.toLowerCase());
      if (team === undefined) throw new RangeError(`no team ${JSON.stringify(`${login}/${slug}`)}`);
      const user = requireUser(state, member);
      if (next !== null && organization.members.get(user.id)?.state !== 'active') {
        throw new RangeError(`${JSON.stringify(member)} is no active member of ${JSON.stringify(login)}`);
      }
      const was = team.members.get(user.id) === 'active';
      changeTeamMembership(state, organization, { team, userId: user.id, membership: next });
      if (was === (next === 'active')) return;
      events.teamMemberChanged({ organization, team, user }, was ? 'removed' : 'added');
    },
  };
}

/** What GitHub calls the change; undefined when there is none. @throws RangeError for suspending what is not installed. */
function installationAction(before: InstallationState, next: InstallationState) {
  if (before === next) return undefined;
  if (next === 'deleted') return 'deleted';
  if (before === 'suspended') return 'unsuspend';
  if (next === 'active') return 'created';
  if (before === 'active') return 'suspend';
  throw new RangeError('the app is not installed there');
}

function requireGitHubApp(state: SimulatorState, clientId: string): SimulatedApp {
  const app = state.apps.get(clientId);
  if (app?.kind !== 'github-app') throw new RangeError(`no GitHub App ${JSON.stringify(clientId)}`);
  return app;
}

function requireOrganization(state: SimulatorState, login: string): SimulatedOrganization {
  const organization = findOrganization(state, login);
  if (organization === undefined) throw new RangeError(`no organization ${JSON.stringify(login)}`);
  return organization;
}
