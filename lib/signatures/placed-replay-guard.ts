import type { ReplayGuard } from '../ports/replay-guard.js';

/** The place where uses of signatures are recorded, as far as this process knows. */
export interface SignaturePlace {
  /** Since when they are recorded there, epoch milliseconds; 0 for always, `null`: other processes may record them elsewhere. */
  signaturesSince(): number | null;
  /** Queries the place again. Never rejects. */
  claim(): Promise<void>;
}

/** The dependencies of the guard. */
export interface PlacedReplayGuardParts {
  readonly replays: ReplayGuard;
  readonly place: SignaturePlace;
  /** While it is not held, other processes may have stopped waiting for this one. */
  readonly lease: { isHeld(): boolean };
  /** How far ahead the clocks of signers may be, in milliseconds. */
  readonly skewMs: number;
}

/**
 * Consults the record only while all processes record signatures in the same place. Otherwise, and for signatures that were
 * made before they did so there, it is unknown whether a signature was used.
 */
export function createPlacedReplayGuard({
  replays,
  place,
  lease,
  skewMs,
}: PlacedReplayGuardParts): ReplayGuard {
  return {
    async take(use) {
      if (place.signaturesSince() === null || !lease.isHeld()) await place.claim();
      const since = place.signaturesSince();
      if (since === null || (since > 0 && use.signedAt <= since + skewMs)) return 'unknown';
      const answer = await replays.take(use);
      return place.signaturesSince() === null ? 'unknown' : answer;
    },

    isUsed: (use) => replays.isUsed(use),
  };
}
