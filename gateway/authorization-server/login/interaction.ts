import type { IncomingMessage, ServerResponse } from 'node:http';

/** A person who is signed in in this browser. */
export interface BrowserSession {
  readonly sub: string;
  /** Seconds since the epoch when that person last came back from GitHub. */
  readonly loginTs: number;
}

/** How an interaction ended: with a person's grant, or with an error for the client (RFC 6749 §4.1.2.1). */
export type InteractionResult =
  | { readonly sub: string; readonly loginTs: number; readonly grantId: string }
  | { readonly error: string; readonly description: string };

/** An authorization request that waits for its person's decision. */
export interface Interaction {
  readonly uid: string;
  readonly clientId: string;
  readonly resource: string;
  /** Scopes that were asked for, of those that are offered here. */
  readonly scopes: readonly string[];
  /** The values of `prompt` (OpenID Connect Core §3.1.2.1). */
  readonly prompts: readonly string[];
  /** Where the answer goes; a device is told apart by the code that it shows (RFC 8628 §5.4). */
  answersTo(): Promise<{ readonly redirectUri: string } | { readonly userCode: string }>;
  /** Who was signed in when the request came. */
  readonly sessionSub: string | undefined;
  /** The session as it is now. */
  session(): Promise<BrowserSession | undefined>;
  /** Ends the session of whoever else was signed in. */
  leaveSession(): Promise<void>;
  /** Writes how it ended. @returns where the browser goes on. */
  finish(result: InteractionResult): Promise<string>;
}

/** What a login needs of the library that keeps its requests. */
export interface Interactions {
  /** The interaction of this browser. @throws InteractionGone */
  current(req: IncomingMessage, res: ServerResponse): Promise<Interaction>;
  find(uid: string): Promise<Interaction | undefined>;
  /** As claimed. */
  clientNameOf(clientId: string): Promise<string | undefined>;
}

/** The request has expired, was answered, or belongs to another browser. */
export class InteractionGone extends Error {
  override readonly name = 'InteractionGone';
}
