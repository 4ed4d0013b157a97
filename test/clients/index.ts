import { RECORDED_PROFILES, TERMINAL_PROFILES } from './command-line-profiles.ts';
import type { ClientProfile } from './profile.ts';
import { EDITOR_AND_WEB_PROFILES } from './profiles.ts';

/** Every known way in which a client comes. */
export const CLIENT_PROFILES: readonly ClientProfile[] = [
  ...EDITOR_AND_WEB_PROFILES,
  ...TERMINAL_PROFILES,
  ...Object.values(RECORDED_PROFILES),
];

export { RECORDED_PROFILES } from './command-line-profiles.ts';
export type { DocumentHost } from './document-host.ts';
export { startDocumentHost } from './document-host.ts';
export type { Connection } from './handshake.ts';
export { callTool, connect, refresh, register, signInAgain } from './handshake.ts';
export type { ClientMetadata, ClientProfile } from './profile.ts';
