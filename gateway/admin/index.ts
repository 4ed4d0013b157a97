export type { AdminOperations } from './admin-app.ts';
export { createAdminApp } from './admin-app.ts';
