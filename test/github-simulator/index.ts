export type { DeviceApproval, SimulatorControl } from './control.ts';
export { DEMO_GITHUB_APP, DEMO_OAUTH_APP, HUBOT, OCTOCAT } from './defaults.ts';
export { PLANTED_TOKEN } from './fixture-files.ts';
export type { FaultInput } from './faults.ts';
export { fingerprint } from './journal.ts';
export type { JournalEntry, Sighting } from './journal.ts';
export { startGitHubSimulator } from './simulator.ts';
export type { GitHubSimulator, GitHubSimulatorOptions } from './simulator.ts';
export type { SimulatedRepository } from './repositories.ts';
export type {
  AutoApproval,
  InstallationState,
  OwnerPolicy,
  SimulatedApp,
  SimulatedUser,
  SimulatorSeed,
  WebhookTarget,
} from './state.ts';
export type { TokenCount } from './tokens.ts';
export type { WebhookDelivery } from './webhooks.ts';
export type { MembershipState, OrganizationSeed } from './organization-seed.ts';
