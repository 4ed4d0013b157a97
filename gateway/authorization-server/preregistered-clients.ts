import type { AdapterPayload } from 'oidc-provider';
import { judgeRegistration } from './registration-policy.ts';

/** Clients the operator knows beforehand, by client id. They are never stored: the file is the only truth. */
export type PreregisteredClients = ReadonlyMap<string, AdapterPayload>;

const CLIENT_ID = /^[A-Za-z0-9._~-]{1,128}$/;

/**
 * Reads a JSON list of client metadata (RFC 7591 §2), each with a `client_id` of the operator's choosing. Every client
 * is public and passes the same policy as one that registers itself.
 *
 * @throws RangeError that names the place in the list and the fault, never the content.
 */
export function parsePreregisteredClients(text: string): PreregisteredClients {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new RangeError('must be a JSON list of clients');
  const clients = new Map<string, AdapterPayload>();
  for (const [index, entry] of list.entries()) {
    const at = `client ${String(index + 1)} of the list`;
    const { client_id: clientId, ...metadata } = asObject(entry, at);
    if (typeof clientId !== 'string' || !CLIENT_ID.test(clientId)) {
      throw new RangeError(`${at} needs a client_id of 1 to 128 letters, digits, and . _ ~ -`);
    }
    if (clients.has(clientId)) throw new RangeError(`${at} has the client_id of another one`);
    refuseSecrets(metadata, at);
    const judgement = judgeRegistration(metadata);
    if (!judgement.ok) throw new RangeError(`${at}: ${judgement.description}`);
    clients.set(clientId, { ...judgement.metadata, client_id: clientId });
  }
  return clients;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RangeError('is not JSON');
  }
}

function asObject(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new RangeError(`${at} is not an object`);
}

/** An operator who writes a secret expects it to be asked for; ignoring it would leave the client open. */
function refuseSecrets(metadata: Readonly<Record<string, unknown>>, at: string): void {
  const method = metadata['token_endpoint_auth_method'] ?? 'none';
  const isConfidential = method !== 'none' || 'client_secret' in metadata || 'jwks' in metadata;
  if (isConfidential) throw new RangeError(`${at} is confidential; only public clients are served`);
}
