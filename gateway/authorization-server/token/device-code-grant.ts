import type { TypedRecord } from '../../../shared/store/index.ts';
import { DEVICE_CODE_GRANT } from '../../clients/index.ts';
import { Refused } from '../../grants/index.ts';
import type { AnyGrants } from '../../standing/index.ts';
import type { DeviceCode, DeviceCodes } from './device-codes.ts';
import type { TokenIssue } from './issue-tokens.ts';
import { refuseReplay } from './refuse-replay.ts';
import { requireOwnNewGrant } from './require-own-new-grant.ts';
import type { TokenRequest, TokenResponse } from './token-request.ts';
import { requireParameter, requireSameResource, TokenError } from './token-request.ts';

/**
 * The device code grant (RFC 8628 §3.4). Errors are those of §3.5: a device that polls too fast is told to slow down
 * before anything else, and nothing is consumed until tokens can be issued.
 */
export function createDeviceCodeGrant(deps: {
  deviceCodes: DeviceCodes;
  grants: Pick<AnyGrants, 'find'>;
  issue: TokenIssue;
  now: () => number;
}) {
  const { deviceCodes, issue, now } = deps;
  return async (request: TokenRequest): Promise<TokenResponse> => {
    const deviceCode = requireParameter(request, 'device_code');
    const found = await deviceCodes.find(deviceCode);
    if (found === undefined) throw new Refused('code_unknown');
    const { payload, consumedAt } = found.data;
    if (payload.clientId !== request.clientId) throw new Refused('code_of_another_client');
    if (consumedAt !== null) await refuseReplay(issue, now, { consumedAt, grantId: String(payload.grantId) });
    const grantId = await decide(deviceCode, found);
    const grant = await deps.grants.find(grantId);
    if (grant === undefined) throw new Refused('grant_ended', { grantId });
    requireOwnNewGrant(grant.data, payload.clientId);
    requireSameResource(request.resource, grant.data.resource);
    const standing = await issue.prepare(grantId, grant);
    if (!(await deviceCodes.consume(deviceCode, found))) throw new Refused('code_raced', { grantId });
    return await issue.afterCode(DEVICE_CODE_GRANT, request, standing);
  };

  /** The grant that the person made. @throws what the device has to be told instead. */
  async function decide(deviceCode: string, found: TypedRecord<DeviceCode>): Promise<string> {
    const { payload, expiresAt } = found.data;
    if (expiresAt <= now()) throw new TokenError('expired_token', 'the device code has expired');
    if (!(await deviceCodes.pace(deviceCode))) throw new TokenError('slow_down', 'polling too fast');
    if (payload.error !== undefined) throw new TokenError('access_denied', 'the sign-in was not completed');
    if (payload.accountId === undefined || payload.grantId === undefined) {
      throw new TokenError('authorization_pending', 'the person has not decided yet');
    }
    return payload.grantId;
  }
}
