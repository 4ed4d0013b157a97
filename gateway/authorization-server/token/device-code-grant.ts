import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { TypedRecord } from '../../../shared/store/index.ts';
import type { Grants } from '../grants/grants.ts';
import { invalidGrant } from '../protocol-error.ts';
import type { DeviceCode, DeviceCodes } from './device-codes.ts';
import type { TokenIssue } from './issue-tokens.ts';
import { refuseReplay } from './refuse-replay.ts';
import { requireOwnNewGrant } from './require-own-new-grant.ts';
import { requireParameter, requireSameResource, resourceParameter } from './token-parameters.ts';

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * The device code grant (RFC 8628 §3.4). Errors are those of §3.5: a device that polls too fast is told to slow down
 * before anything else, and nothing is consumed until tokens can be issued.
 */
export function createDeviceCodeGrant(deps: {
  deviceCodes: DeviceCodes;
  grants: Grants;
  issue: TokenIssue;
  now: () => number;
}) {
  const { deviceCodes, issue, now } = deps;
  return async (ctx: KoaContextWithOIDC): Promise<void> => {
    const deviceCode = requireParameter(ctx, 'device_code');
    const found = await deviceCodes.find(deviceCode);
    if (found === undefined) throw invalidGrant('device code not found');
    const { payload, consumedAt } = found.data;
    if (payload.clientId !== ctx.oidc.client?.clientId) throw invalidGrant('client mismatch');
    if (consumedAt !== null) await refuseReplay(issue, now, { consumedAt, grantId: String(payload.grantId) });
    const grantId = await decide(deviceCode, found);
    const grant = await deps.grants.find(grantId);
    if (grant === undefined) throw invalidGrant('grant not found');
    requireOwnNewGrant(grant.data, payload.clientId);
    requireSameResource(resourceParameter(ctx), grant.data.resource);
    const standing = await issue.prepare(grantId, grant);
    if (!(await deviceCodes.consume(deviceCode, found)))
      throw invalidGrant('device code redeemed in parallel');
    ctx.body = await issue.afterCode(ctx, standing);
  };

  /** The grant that the person made. @throws what the device has to be told instead. */
  async function decide(deviceCode: string, found: TypedRecord<DeviceCode>): Promise<string> {
    const { payload, expiresAt } = found.data;
    if (expiresAt <= now()) throw new errors.ExpiredToken('the device code has expired');
    if (!(await deviceCodes.pace(deviceCode))) throw new errors.SlowDown('polling too fast');
    if (payload.error !== undefined) throw new errors.AccessDenied('the sign-in was not completed');
    if (payload.accountId === undefined || payload.grantId === undefined) {
      throw new errors.AuthorizationPending('the person has not decided yet');
    }
    return payload.grantId;
  }
}
