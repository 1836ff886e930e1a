import type { ReplayGuard } from '../ports/replay-guard.js';

/** Where signatures are remembered, as far as this process knows. */
export interface SignaturePlace {
  /** Epoch milliseconds; 0 for always, `null`: other processes may remember them elsewhere. */
  signaturesSince(): number | null;
  /** Finds out anew. Never rejects. */
  claim(): Promise<void>;
}

/** What the guard needs. */
export interface PlacedReplayGuardParts {
  readonly replays: ReplayGuard;
  readonly place: SignaturePlace;
  /** While it is not held, the other processes may have given up on this one. */
  readonly lease: { isHeld(): boolean };
  /** By how much the clocks of signers may be ahead, in milliseconds. */
  readonly skewMs: number;
}

/**
 * Asks only where all processes remember signatures. Otherwise, and for what was signed before they did so there, it is
 * unknown whether a signature was used.
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
  };
}
