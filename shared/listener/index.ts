export { connectionLimit } from './connection-limit.ts';
export type { ConnectionRules } from './connections.ts';
export type { Listening, ListenOptions } from './listen.ts';
export { listenOn } from './listen.ts';
export { createRefusalLog } from './log-refusals.ts';
export type { EdgeReason, EdgeRefusal } from './refusal.ts';
export { EDGE_REASONS } from './refusal.ts';
export type { FormRules } from './request-form.ts';
export { isLoopbackHost } from './request-form.ts';
