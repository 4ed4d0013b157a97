/** A client's metadata as the library keeps it (RFC 7591 §2). */
export interface ClientPayload {
  [member: string]: unknown;
  client_secret?: string;
}
