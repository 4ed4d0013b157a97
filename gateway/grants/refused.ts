import { RecordRefusedError, StoreUnavailableError } from '../../shared/store/index.ts';
import { UnsealError } from '../../shared/vault/index.ts';
import type { GrantEnd } from './grant.ts';

/** Why tokens are refused to a client, for good (`invalid_grant`, RFC 6749 §5.2). */
export type RefusalReason =
  | 'code_unknown'
  | 'code_expired'
  | 'code_replayed'
  | 'code_raced'
  | 'code_of_another_client'
  | 'code_of_another_redirect_uri'
  | 'code_verifier_missing'
  | 'code_verifier_wrong'
  | 'refresh_token_malformed'
  | 'refresh_token_forged'
  | 'refresh_token_reused'
  | 'refresh_token_of_another_client'
  | 'refresh_token_missing_family'
  | 'grant_ended'
  | 'grant_of_another_client'
  | 'grant_opened_before'
  | 'grant_changed'
  | 'credential_gone'
  | 'account_refused';

/** What is known of the grant that a refused request named. */
export interface RefusedGrant {
  readonly grantId: string;
  /** Why the grant ended, where it is remembered. */
  readonly ended?: GrantEnd | undefined;
}

/** A request that is refused; thrown once, and turned into a protocol's answer at one place. Nothing was consumed. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: RefusalReason;
  readonly grant: RefusedGrant | undefined;

  constructor(reason: RefusalReason, grant?: RefusedGrant) {
    super(reason);
    this.reason = reason;
    this.grant = grant;
  }
}

/** What a request needs and could not have; the same request may succeed later. */
type UnavailablePart =
  | 'github'
  | 'gateway_key'
  | 'login_rounds'
  | 'refresh_rounds'
  | 'registered_clients'
  | 'client_document'
  | 'client_document_rounds'
  | 'client_document_places'
  | 'client_document_budget'
  | 'name_resolution';

/** A part that a request needs is away or full: nothing was changed. Thrown once, answered as 503 at one place. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly part: UnavailablePart;

  constructor(part: UnavailablePart, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.part = part;
  }
}

/** Whether a failure is that of a part we need, or of what it holds: the same request may succeed later. */
export function isUnavailable(error: unknown): error is Error {
  const kinds = [Unavailable, StoreUnavailableError, RecordRefusedError, UnsealError];
  return kinds.some((kind) => error instanceof kind);
}
