import type { ClientMetadata, RegistrationRules } from './registration-policy.ts';
import { judgeRegistration } from './registration-policy.ts';
import { readClientKeys } from './client-keys.ts';
import { isClientIdUrl } from './client-id-url.ts';

/** What a document host answered. */
export interface DocumentAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

const SIGNED = 'private_key_jwt';
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

export type DocumentJudgement =
  | {
      readonly ok: true;
      readonly metadata: ClientMetadata;
      /** Where the keys of a client that signs assertions are, when they are not in the document. */
      readonly keysAt: string | undefined;
    }
  | { readonly ok: false; readonly fault: string };

/** Asymmetric algorithms of client assertions (RFC 7523 §3). */
export const ASSERTION_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

/**
 * Decides whether an answer is the metadata of the client whose id is its URL. Registration rules hold for it as
 * for any other client; secrets and methods that need one are refused (draft-02 §4). It may sign assertions
 * (`private_key_jwt`) with keys in the document or at its `jwks_uri`.
 */
export function judgeDocument(
  clientId: string,
  answer: DocumentAnswer,
  rules: RegistrationRules,
): DocumentJudgement {
  if (answer.status !== 200) return refuse(`status ${String(answer.status)}`);
  if (!JSON_TYPE.test(answer.contentType ?? '')) return refuse('not JSON by its type');
  const document = parse(answer.body);
  if (document === undefined) return refuse('not a JSON object');
  const fault = faultOf(clientId, document);
  if (fault !== undefined) return refuse(fault);
  const judged = judgeRegistration(document, rules);
  if (!judged.ok) return refuse(judged.description);
  const { metadata } = judged;
  if (document['token_endpoint_auth_method'] !== SIGNED) return { ok: true, metadata, keysAt: undefined };
  return judgeSigned(document, metadata);
}

function faultOf(clientId: string, document: Readonly<Record<string, unknown>>): string | undefined {
  const { client_id: id, client_name: name, token_endpoint_auth_method: method } = document;
  if (id !== clientId) return 'client_id is not its URL';
  if (typeof name !== 'string' || name === '') return 'no client_name';
  if ('client_secret' in document || 'client_secret_expires_at' in document) return 'contains a secret';
  return method === undefined || method === 'none' || method === SIGNED
    ? undefined
    : 'an authentication method that is not served';
}

function judgeSigned(
  document: Readonly<Record<string, unknown>>,
  metadata: ClientMetadata,
): DocumentJudgement {
  const { jwks, jwks_uri: keysAt, token_endpoint_auth_signing_alg: algorithm } = document;
  if (algorithm !== undefined && !ASSERTION_ALGORITHMS.some((served) => served === algorithm)) {
    return refuse('an assertion algorithm that is not served');
  }
  const signing = algorithm === undefined ? {} : { token_endpoint_auth_signing_alg: algorithm };
  const signed = { ...metadata, token_endpoint_auth_method: SIGNED, ...signing };
  const keys = readClientKeys(jwks);
  if (keys !== undefined) return { ok: true, metadata: { ...signed, jwks: keys }, keysAt: undefined };
  if (jwks !== undefined || typeof keysAt !== 'string' || !isClientIdUrl(keysAt)) {
    return refuse('neither usable jwks nor an https jwks_uri');
  }
  return { ok: true, metadata: signed, keysAt };
}

function parse(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? Object.fromEntries(Object.entries(parsed)) : undefined;
  } catch {
    return undefined;
  }
}

function refuse(fault: string): DocumentJudgement {
  return { ok: false, fault };
}
