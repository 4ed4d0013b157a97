export type { PeriodicJob } from './background.ts';
export { startBackground } from './background.ts';
export type { SweepJob } from './sweeper.ts';
export { gatewayJobs } from './jobs.ts';
