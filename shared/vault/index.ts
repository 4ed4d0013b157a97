export type { CredentialReader, CredentialReading, CredentialRefusal } from './credential-reader.ts';
export { createCredentialReader } from './credential-reader.ts';
export type { UpstreamToken } from './credential.ts';
export type { CredentialStanding, CredentialVault } from './credential-vault.ts';
export { createCredentialVault } from './credential-vault.ts';
export { readOrCreateKeyFile } from './key-file.ts';
export type { KeyRing } from './key-ring.ts';
export { deriveCurrent, parseKeyRing, recordMacKeys } from './key-ring.ts';
export { seal, unseal, UnsealError } from './seal.ts';
