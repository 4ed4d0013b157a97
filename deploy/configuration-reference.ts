import { gatewayConfigFields } from '../gateway/config.ts';
import { renderReference } from '../shared/config/index.ts';
import { workerConfigFields } from '../worker/config.ts';

/** The text of deploy/configuration.md. */
export function configurationReference(): string {
  return renderReference([
    { title: 'Gateway', introduction: 'Read by `gateway/main.ts`.', fields: gatewayConfigFields },
    { title: 'Worker', introduction: 'Read by `worker/main.ts`.', fields: workerConfigFields },
  ]);
}
