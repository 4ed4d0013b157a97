import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RequestId } from '../../shared/mcp/index.ts';
import { rpcError } from '../../shared/mcp/index.ts';

/** A JSON-RPC error that the gateway answers itself. */
export interface RpcFault {
  readonly id?: RequestId | undefined;
  readonly code: number;
  readonly message: string;
}

/** Answers JSON in one write; what was set on the response before goes along. */
export function answerJson(
  res: ServerResponse,
  status: number,
  of: { readonly body: string; readonly headers?: OutgoingHttpHeaders },
): void {
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(of.body),
    ...of.headers,
  });
  res.end(of.body);
}

export function answerRpc(
  res: ServerResponse,
  status: number,
  { id, code, message }: RpcFault,
  headers: OutgoingHttpHeaders = {},
): void {
  answerJson(res, status, { body: rpcError(id, code, message), headers });
}
