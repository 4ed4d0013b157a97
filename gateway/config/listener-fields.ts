import { z } from 'zod';
import { defaultedField, listenHost, optionalField, port, trueOrFalse } from '../../shared/config/index.ts';

/** The admin API. */
export const adminFields = {
  adminToken: optionalField({
    env: 'ADMIN_TOKEN',
    schema: z.string().regex(/^[\x21-\x7e]{32,256}$/, 'must be 32 to 256 visible ASCII characters'),
    whenAbsent: 'no admin API',
    secret: true,
    description: 'Bearer token of the admin API; without it the admin listener stays closed.',
    remedy: 'Make one with: openssl rand -base64 32',
  }),
  adminHost: defaultedField({
    env: 'ADMIN_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of the admin listener.',
    remedy: 'Set an address that only operators reach.',
  }),
  adminPort: defaultedField({
    env: 'ADMIN_PORT',
    schema: port,
    default: '9466',
    description: 'Port of the admin listener; 0 lets the system choose.',
    remedy: 'Set a free port.',
  }),
};

/** The listeners for discovery documents and for callbacks. */
export const sideListenerFields = {
  metadataPort: optionalField({
    env: 'OAUTH_METADATA_PORT',
    schema: port,
    whenAbsent: 'no such listener',
    description: 'Port of a listener that serves the discovery documents and `/health` only.',
    remedy: 'Set a free port.',
  }),
  metadataHost: defaultedField({
    env: 'OAUTH_METADATA_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of that listener.',
    remedy: 'Set the address your load balancer reaches.',
  }),
  callbackServer: defaultedField({
    env: 'ENABLE_OAUTH_CALLBACK_SERVER',
    schema: trueOrFalse,
    default: 'false',
    description:
      'Opens a listener to which GitHub may send browsers, for a GitHub app whose callback URL is on another port; it sends them on to `PUBLIC_URL`.',
    remedy: 'Set true or false.',
  }),
  callbackHost: defaultedField({
    env: 'OAUTH_CALLBACK_HOST',
    schema: listenHost,
    default: '127.0.0.1',
    description: 'Address of the callback listener.',
    remedy: 'Set the address browsers reach.',
  }),
  callbackPort: defaultedField({
    env: 'OAUTH_CALLBACK_PORT',
    schema: port,
    default: '8765',
    description: 'Port of the callback listener; 0 lets the system choose.',
    remedy: 'Set the port in the callback URL of your GitHub app.',
  }),
};
