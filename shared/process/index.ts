export type { EdgeOptions, Service, ServiceDeps, SideListener } from './run-service.ts';
export { runService } from './run-service.ts';
