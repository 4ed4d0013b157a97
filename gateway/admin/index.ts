export { createAdminApp } from './admin-app.ts';
export type { Operations } from './operations.ts';
export { createOperations } from './operations.ts';
