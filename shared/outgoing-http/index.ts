export { isLoopbackUrl } from './loopback.ts';
export { parseNoProxy } from './no-proxy.ts';
export type { NoProxyMatcher } from './no-proxy.ts';
export { OutgoingHttpOptionError } from './options.ts';
export type { OutgoingHttpOptions } from './options.ts';
export { OutgoingHttpError } from './outgoing-http-error.ts';
export type { OutgoingHttpErrorCode } from './outgoing-http-error.ts';
export { createOutgoingHttp } from './outgoing-http.ts';
export type { OutgoingHttp, OutgoingRequest, OutgoingResponse } from './outgoing-http.ts';
