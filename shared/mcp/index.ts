export type { MirroredHeaders } from './header-agreement.ts';
export { disagreement } from './header-agreement.ts';
export { RPC_ERROR, rpcError } from './json-rpc-error.ts';
export type { McpMessage, RequestId } from './message.ts';
export { readMessage } from './message.ts';
