export { workerRequestHeaders } from './headers.ts';
export type { Proxy, ProxyOutcome } from './middleware.ts';
export { createProxy } from './middleware.ts';
