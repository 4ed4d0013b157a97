import type { ClientMetadata, RegistrationRules } from '../registration-policy.ts';
import { judgeRegistration } from '../registration-policy.ts';

/** What a document host answered. */
export interface DocumentAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

export type DocumentJudgement =
  { readonly ok: true; readonly metadata: ClientMetadata } | { readonly ok: false; readonly fault: string };

/**
 * Decides whether an answer is the metadata of the client whose id is its URL. Registration rules hold for it as
 * for any other client; secrets and methods that need one are refused (draft-02 §4).
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
  return judged.ok ? { ok: true, metadata: judged.metadata } : refuse(judged.description);
}

function faultOf(clientId: string, document: Readonly<Record<string, unknown>>): string | undefined {
  const { client_id: id, client_name: name, token_endpoint_auth_method: method } = document;
  if (id !== clientId) return 'client_id is not its URL';
  if (typeof name !== 'string' || name === '') return 'no client_name';
  if ('client_secret' in document || 'client_secret_expires_at' in document) return 'contains a secret';
  return method === undefined || method === 'none'
    ? undefined
    : 'an authentication method that is not served';
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
