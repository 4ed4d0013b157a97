export type { Change, Expectation, Store, StoredRecord } from './contract.ts';
export { RecordRefusedError, StoreUnavailableError } from './contract.ts';
export type { CredentialIdentity, Key, KeyKind } from './keys.ts';
export { keys } from './keys.ts';
export type { MacKeys, RecordFamily, Records, TypedRecord } from './records.ts';
export { createRecords } from './records.ts';
export { openSqliteStore } from './sqlite/sqlite-store.ts';
