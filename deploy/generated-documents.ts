import { configurationReference } from './configuration-reference.ts';
import { deprovisioningTable } from './deprovisioning/render.ts';
import { renderRedisUsers } from './redis/users.ts';
import { toolCatalogue } from './tool-catalogue.ts';

/** Documents that are written by code, relative to this folder; a test fails when a committed one is stale. */
export const generatedDocuments: readonly { readonly path: string; readonly render: () => string }[] = [
  { path: 'configuration.md', render: configurationReference },
  { path: '../shared/catalogue/tools.ts', render: toolCatalogue },
  { path: 'deprovisioning.md', render: deprovisioningTable },
  {
    path: 'redis/users.acl',
    // An operator puts the passwords in place of these words, best as `#` and their SHA-256.
    render: () =>
      renderRedisUsers({ gateway: 'GATEWAY-PASSWORD', worker: 'WORKER-PASSWORD', admin: 'ADMIN-PASSWORD' }),
  },
];
