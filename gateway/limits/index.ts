export type { AddressLimits } from './address-limits.ts';
export { limitAddresses } from './address-limits.ts';
export { bodyBudget } from './body-budget.ts';
export type { CallLimit, CallPlace, CallsInFlight } from './calls-in-flight.ts';
export { createCallsInFlight } from './calls-in-flight.ts';
