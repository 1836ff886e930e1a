import type { ChallengeSigner } from './challenge-signer.js';
import type { OneTimeNames } from './one-time-names.js';

/** What checking second factors needs from outside. */
export interface StepUpPorts {
  readonly challenges: ChallengeSigner;
  readonly names: OneTimeNames;
}
