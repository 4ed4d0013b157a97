export type { BearerToken } from './bearer-token.ts';
export { readBearerToken } from './bearer-token.ts';
export type { Challenge } from './challenge.ts';
export { challengeFor } from './challenge.ts';
export { createMetadataRoutes } from './protected-resource-metadata.ts';
