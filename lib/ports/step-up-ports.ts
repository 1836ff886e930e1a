import type { ChallengeSigner } from './challenge-signer.js';
import type { NonceStore } from './nonce-store.js';

/** What checking second factors needs from outside. */
export interface StepUpPorts {
  readonly challenges: ChallengeSigner;
  readonly nonces: NonceStore;
}
