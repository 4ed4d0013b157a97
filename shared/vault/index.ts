export { accessTokenContext, createCredentialReader } from './credential-reader.ts';
export type { CredentialReader, CredentialReading, CredentialRefusal } from './credential-reader.ts';
export type { Credential, CredentialHold, CredentialUpstream, UpstreamToken } from './credential.ts';
export {
  credentialFamily,
  credentialIndexFamily,
  credentialUpstreamFamily,
  lastHold,
  liveHolders,
  withHold,
} from './credential.ts';
export { followKeyRing } from './follow-key-ring.ts';
export { generatedKeySource, readOrCreateKeyFile } from './key-file.ts';
export type { KeyRing } from './key-ring.ts';
export { deriveCurrent, findKey, parseKeyRing, recordMacKeys } from './key-ring.ts';
export { reseal, seal, unseal, UnsealError } from './seal.ts';
