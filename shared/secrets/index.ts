export type { SecretFollower } from './follow-secret-files.ts';
export { followSecretFiles } from './follow-secret-files.ts';
export type { OverlappingSecret } from './overlapping-secret.ts';
export { fixedSecret, followOverlappingSecret } from './overlapping-secret.ts';
export type { LookAgain, SecretFile, SecretReading, SecretSource } from './secret-source.ts';
export { readAtStart } from './secret-source.ts';
