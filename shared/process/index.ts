export type { Service, ServiceDeps } from './run-service.ts';
export { runService } from './run-service.ts';
