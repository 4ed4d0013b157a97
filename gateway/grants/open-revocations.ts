import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import type { RevocationFeed, RevocationPublisher } from '../../shared/revocation/index.ts';
import {
  createRevocationPublisher,
  followRevocations,
  REVOCATION_KEEP_MS,
} from '../../shared/revocation/index.ts';
import { keys } from '../../shared/store/index.ts';

/** The feed of what was revoked, read and written: one view for all rooms of the gateway. */
export type Revocations = RevocationFeed & Pick<RevocationPublisher, 'publish'>;

/** @throws what the store throws: a gateway that does not hear of ended power does not start. */
export async function openRevocations({ store, clock, logger }: Platform): Promise<Revocations> {
  const feed = () => store.openFeed(keys.revocations(), REVOCATION_KEEP_MS);
  const publisher = createRevocationPublisher({
    feed: feed(),
    clock,
    onFault: faultLog(logger, 'a revocation could not be published yet'),
  });
  const following = await followRevocations({ feed: feed(), clock });
  return {
    ...following,
    publish: publisher.publish,
    close: async () => {
      await publisher.close();
      await following.close();
    },
  };
}
