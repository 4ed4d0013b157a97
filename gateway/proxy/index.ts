export { workerRequestHeaders } from './headers.ts';
export type { Proxy, ProxyOutcome } from './proxy.ts';
export { createProxy } from './proxy.ts';
