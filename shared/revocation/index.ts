export { followRevocations, REVOCATION_KEEP_MS } from './follow-feed.ts';
export type { RevocationFeed } from './follow-feed.ts';
export { createRevocationPublisher } from './publish-revocations.ts';
export type { RevocationPublisher } from './publish-revocations.ts';
export { credentialDigest, refreshAnswerId } from './revocation.ts';
export type { Revocation, RevocationSubject } from './revocation.ts';
