/** Why a key ends soon: its expiry, or because it is not used. */
export interface EndNotice {
  readonly reason: 'expires' | 'idle';
  readonly thresholdSeconds: number;
}
