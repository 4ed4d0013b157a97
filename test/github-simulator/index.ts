export type { SimulatorControl } from './control.ts';
export { DEMO_GITHUB_APP, DEMO_OAUTH_APP, HUBOT, OCTOCAT } from './defaults.ts';
export type { FaultInput } from './faults.ts';
export { fingerprint } from './journal.ts';
export type { JournalEntry, Sighting } from './journal.ts';
export { startGitHubSimulator } from './simulator.ts';
export type { GitHubSimulator, GitHubSimulatorOptions } from './simulator.ts';
export type { AutoApproval, SimulatedApp, SimulatedUser, SimulatorSeed } from './state.ts';
export type { TokenCount } from './tokens.ts';
