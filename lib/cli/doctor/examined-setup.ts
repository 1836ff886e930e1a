import type { ObservedProxies } from '../../domain/observed-proxies.js';
import type { SetupFacts } from '../../domain/setup-facts.js';
import type { TrustProxy } from '../../http/is-anyone-trusted.js';
import type { Finding } from './finding.js';

/** A package beside the app; `null`: it is not installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string | null;
}

/** Everything that is known about a set-up. */
export interface ExaminedSetup {
  /** `null` where there is no instance: `optionError` says why. */
  readonly facts: SetupFacts | null;
  /** What `createApiKeys` has refused; `null`: nothing. */
  readonly optionError: string | null;
  /** What has arrived at a process that serves requests; `null` without `--url`. */
  readonly proxies: ObservedProxies | null;
  /** The compiled setting of the app; `null` where no app is known. */
  readonly trustProxy: TrustProxy | null;
  /** The addresses that keys were last used from, one for each key that was used. */
  readonly callerAddresses: readonly string[];
  /** Of the process that the command is. */
  readonly nodeVersion: string;
  readonly nodeEnvironment: string | undefined;
  readonly packages: readonly InstalledPackage[];
}

/** Looks for one kind of mistake. */
export type Check = (setup: ExaminedSetup) => readonly Finding[];
