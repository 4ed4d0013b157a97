import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { credentialDigest, parseEntry } from '../../../shared/revocation/revocation.ts';
import type { RevocationEntry } from '../../../shared/revocation/revocation.ts';
import { createRevocationList } from '../../../shared/revocation/revocation-list.ts';

const AT = 1_000_000_000;
const subject = { gid: 'g', sub: 's', client_id: 'c', cred: 'handle', cv: 7, iat: AT / 1000 };

function revokes(entry: RevocationEntry, issuedAfterMs: number): boolean {
  const list = createRevocationList();
  list.add(entry);
  return list.isRevoked({ ...subject, iat: (AT + issuedAfterMs) / 1000 }, 'key');
}

describe('the list of what was revoked', () => {
  it.each<[string, RevocationEntry]>([
    ['account', { kind: 'account', id: 's', at: AT }],
    ['everything', { kind: 'everything', at: AT }],
  ])('an entry for %s ends tokens issued before it and spares later ones', (_kind, entry) => {
    expect(revokes(entry, -1000)).toBe(true);
    expect(revokes(entry, 0)).toBe(true);
    expect(revokes(entry, 1000)).toBe(false);
  });

  it('an entry for a client also ends those of a gateway whose clock is a minute ahead: it was blocked', () => {
    const entry = { kind: 'client', id: 'c', at: AT } as const;
    expect(revokes(entry, -1000)).toBe(true);
    expect(revokes(entry, 20_000)).toBe(true);
    expect(revokes(entry, 60_000)).toBe(true);
    expect(revokes(entry, 61_000)).toBe(false);
  });

  it.each<[string, RevocationEntry]>([
    ['grant', { kind: 'grant', id: 'g', at: AT }],
    ['signing key', { kind: 'signing-key', id: 'key', at: AT }],
  ])('an entry for a %s ends its tokens whenever they claim to be issued', (_kind, entry) => {
    expect(revokes(entry, -1000)).toBe(true);
    expect(revokes(entry, 60_000)).toBe(true);
  });

  it('an entry for a credential ends tokens of its versions so far, whenever they were issued', () => {
    const entry = (version: number) =>
      ({ kind: 'credential', id: credentialDigest('handle'), version, at: AT }) as const;
    expect(revokes(entry(7), 60_000)).toBe(true);
    expect(revokes(entry(8), -1000)).toBe(true);
    expect(revokes(entry(6), -1000)).toBe(false);
  });

  it.each<RevocationEntry>([
    { kind: 'grant', id: 'other', at: AT },
    { kind: 'account', id: 'other', at: AT },
    { kind: 'client', id: 'other', at: AT },
    { kind: 'credential', id: 'handle', version: 7, at: AT },
    { kind: 'signing-key', id: 'other', at: AT },
  ])('an entry for another $kind ends nothing', (entry) => {
    expect(revokes(entry, -1000)).toBe(false);
  });

  it('keeps the latest of several entries for one account', () => {
    const list = createRevocationList();
    list.add({ kind: 'account', id: 's', at: AT });
    list.add({ kind: 'account', id: 's', at: AT - 60_000 });
    expect(list.isRevoked(subject, 'key')).toBe(true);
  });

  it('forgets what is old, and only that', () => {
    const list = createRevocationList();
    list.add({ kind: 'grant', id: 'g', at: AT });
    list.forgetBefore(AT);
    expect(list.isRevoked(subject, 'key')).toBe(true);
    list.forgetBefore(AT + 1);
    expect(list.isRevoked(subject, 'key')).toBe(false);
  });
});

describe('an entry of the feed', () => {
  it('that cannot be understood counts as everything: a newer version wrote it to end something', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseEntry(text, AT)).toEqual({ kind: 'everything', at: AT });
      }),
    );
    expect(parseEntry('{"kind":"galaxy","id":"x","at":1}', AT)).toEqual({ kind: 'everything', at: AT });
  });
});
