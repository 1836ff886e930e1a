import type { ChallengeSigner } from './challenge-signer.js';
import type { NonceStore } from './nonce-store.js';

/** The ports that the check of a second factor uses. */
export interface StepUpPorts {
  readonly challenges: ChallengeSigner;
  readonly nonces: NonceStore;
}
