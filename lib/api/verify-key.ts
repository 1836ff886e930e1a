import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { Verdict } from '../domain/verdict.js';
import type { AccessNotes } from '../http/access-notes.js';
import { chooseVerifier, type Verifiers } from './choose-verifier.js';
import { readVerifyInput } from './read-verify-input.js';

/** What `keys.verify` is made from. */
export interface VerifyKeyParts {
  /** Waits until the instance is ready. */
  readonly whenReady: () => Promise<Verifiers>;
  readonly catalogue: ScopeCatalogue;
  readonly features: FeatureCatalogue;
  readonly resources: ResourceCatalogue;
  readonly access: Pick<AccessNotes, 'refusedCall' | 'calledWithDeprecatedSecret'>;
}

/** Verifies a key or an access token as a guard would; refusals and uses of replaced secrets go to the access log. */
export async function verifyKey(
  { whenReady, catalogue, features, resources, access }: VerifyKeyParts,
  input: unknown,
): Promise<Verdict> {
  const { address, ...read } = readVerifyInput(input, catalogue, features, resources);
  const verifier = chooseVerifier(await whenReady(), read.token);
  const request = { ...read, address: () => address };
  const verdict = await (verifier.verifyAtOnce(request) ?? verifier.verify(request));
  if (!verdict.allowed) access.refusedCall('keys.verify', verdict, address);
  else if (verdict.deprecatedSecret !== undefined) {
    access.calledWithDeprecatedSecret('keys.verify', verdict.apiKey, address);
  }
  return verdict;
}
