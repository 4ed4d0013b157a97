import type { McpMessage } from './message.ts';
import { isModernVersion } from './protocol-versions.ts';

/** The headers a stateless request mirrors its body in, as received; undefined when absent. */
export interface MirroredHeaders {
  readonly protocolVersion: string | undefined;
  readonly method: string | undefined;
  readonly name: string | undefined;
}

/**
 * Compares mirrored headers with the body (MCP 2026-07-28, streamable-http: -32020 HeaderMismatch). What is
 * wrong, or undefined. A legacy request is not compared: such clients send what they like, and nothing here
 * decides by headers. But a stateless version in the header of a legacy body would let a header choose the era.
 */
export function disagreement(message: McpMessage, headers: MirroredHeaders): string | undefined {
  if (message.era === 'legacy') return legacyDisagreement(message, headers);
  if (headers.protocolVersion === undefined) {
    return message.id === undefined ? undefined : 'the MCP-Protocol-Version header is missing';
  }
  if (message.claimedVersion !== undefined && headers.protocolVersion !== message.claimedVersion) {
    return 'MCP-Protocol-Version differs from the version in _meta';
  }
  if (headers.method === undefined)
    return message.id === undefined ? undefined : 'the Mcp-Method header is missing';
  if (headers.method !== message.method) return 'Mcp-Method differs from the method in the body';
  return nameDisagreement(message, headers.name);
}

function legacyDisagreement(message: McpMessage, headers: MirroredHeaders): string | undefined {
  const isModernHeader = headers.protocolVersion !== undefined && isModernVersion(headers.protocolVersion);
  if (!isModernHeader || message.method !== 'initialize') return undefined;
  return 'initialize was sent with a stateless MCP-Protocol-Version';
}

function nameDisagreement(message: McpMessage, header: string | undefined): string | undefined {
  if (header === undefined) {
    const isMirrored = message.id !== undefined && message.name !== undefined;
    return isMirrored ? 'the Mcp-Name header is missing' : undefined;
  }
  const decoded = decodeHeaderValue(header);
  if (decoded === undefined) return 'Mcp-Name is not a valid base64 value';
  if (message.name === undefined) return 'Mcp-Name names something that the body lacks';
  return decoded === message.name ? undefined : 'Mcp-Name differs from the name in the body';
}

const BASE64_FORM = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;

/** Header values outside visible ASCII travel as `=?base64?…?=`; undefined when such a value does not decode. */
function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith('=?base64?')) return value;
  const encoded = BASE64_FORM.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes.toString('utf8') : undefined;
}
