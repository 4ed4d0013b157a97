import type { ClientPayload } from './client-payload.ts';
import { hashClientSecret } from './client-secrets.ts';
import { judgeRegistration } from './registration-policy.ts';

/** Clients the operator knows beforehand, by client id. They are never stored: the file is the only truth. */
export type PreregisteredClients = ReadonlyMap<string, ClientPayload>;

/** The operator's own list needs no list of allowed schemes or redirects. */
const OPERATOR_RULES = { schemes: undefined, redirectList: undefined };
const SECRET = /^[\x21-\x7e]{32,256}$/;
const CLIENT_ID = /^[A-Za-z0-9._~-]{1,128}$/;

/**
 * Reads a JSON list of client metadata (RFC 7591 §2), each with a `client_id` of the operator's choosing. Every client
 * passes the same policy as one that registers itself, but for the lists that bound strangers. A confidential one
 * brings its secret.
 *
 * @throws RangeError that names the place in the list and the fault, never the content.
 */
export function parsePreregisteredClients(text: string): PreregisteredClients {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new RangeError('must be a JSON list of clients');
  const clients = new Map<string, ClientPayload>();
  for (const [index, entry] of list.entries()) {
    const at = `client ${String(index + 1)} of the list`;
    const { client_id: clientId, client_secret: secret, ...metadata } = asObject(entry, at);
    if (typeof clientId !== 'string' || !CLIENT_ID.test(clientId)) {
      throw new RangeError(`${at} needs a client_id of 1 to 128 letters, digits, and . _ ~ -`);
    }
    if (clients.has(clientId)) throw new RangeError(`${at} has the client_id of another one`);
    const judgement = judgeRegistration(metadata, OPERATOR_RULES);
    if (!judgement.ok) throw new RangeError(`${at}: ${judgement.description}`);
    const hashed = hashedSecret({ asked: metadata['token_endpoint_auth_method'], secret, at });
    clients.set(clientId, { ...judgement.metadata, ...hashed, client_id: clientId });
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

/**
 * An operator who writes a secret expects it to be asked for, and one who asks for a method expects it to be used:
 * ignoring either would leave the client open.
 */
function hashedSecret({ asked, secret, at }: { asked: unknown; secret: unknown; at: string }) {
  const isPublic = asked === undefined || asked === 'none';
  if (isPublic && secret === undefined) return {};
  if (isPublic)
    throw new RangeError(`${at} has a client_secret and no token_endpoint_auth_method that uses it`);
  if (asked !== 'client_secret_basic' && asked !== 'client_secret_post') {
    throw new RangeError(`${at} asks for a token_endpoint_auth_method that is not served`);
  }
  if (typeof secret !== 'string' || !SECRET.test(secret)) {
    throw new RangeError(`${at} needs a client_secret of 32 to 256 visible characters`);
  }
  return { client_secret: hashClientSecret(secret) };
}
