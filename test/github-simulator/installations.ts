import type { SimulatedOrganization } from './organization-seed.ts';
import type { InstallationState, SimulatedApp, SimulatorState } from './state.ts';

const keyOf = (clientId: string, owner: string): string => `${clientId} ${owner.toLowerCase()}`;

export function installationState(state: SimulatorState, clientId: string, owner: string): InstallationState {
  return state.installations.get(keyOf(clientId, owner)) ?? 'active';
}

export function changeInstallation(
  state: SimulatorState,
  { clientId, owner, next }: { clientId: string; owner: string; next: InstallationState },
): void {
  if (next === 'active') state.installations.delete(keyOf(clientId, owner));
  else state.installations.set(keyOf(clientId, owner), next);
}

export function installationId(app: SimulatedApp, organization: SimulatedOrganization): number {
  return app.id * 100_000 + organization.id;
}
