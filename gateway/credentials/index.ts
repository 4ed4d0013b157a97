export type { CredentialSource, IssuedCredential } from './credential-source.ts';
export type { CredentialStanding, CredentialVault } from './credential-vault.ts';
export type { Credentials } from './credentials.ts';
export { createCredentials } from './credentials.ts';
export type { CredentialRefresh } from './refresh-credential.ts';
export type { Retirements } from './retirements.ts';
