import { gatewayConfigFields, restrictionFields } from '../gateway/config/index.ts';
import { renderReference } from '../shared/config/index.ts';
import { workerConfigFields } from '../worker/config.ts';

/** The text of deploy/configuration.md. */
export function configurationReference(): string {
  return renderReference([
    { title: 'Gateway', introduction: 'Read by `gateway/main.ts`.', fields: gatewayConfigFields },
    {
      title: 'Restrictions not enforced yet',
      introduction: 'A gateway does not start with one of these set to anything but `false`.',
      fields: restrictionFields,
    },
    { title: 'Worker', introduction: 'Read by `worker/main.ts`.', fields: workerConfigFields },
  ]);
}
