export { createAccountPages } from './account.ts';
