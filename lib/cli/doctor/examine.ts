import { dirname, resolve } from 'node:path';
import type { ObservedProxies } from '../../domain/observed-proxies.js';
import { setupHost, type WithSetupHost } from '../../domain/setup-host.js';
import type { TrustProxy } from '../../http/is-anyone-trusted.js';
import type { CommandArguments, CommandHost } from '../command.js';
import { CommandError } from '../command-error.js';
import { findOptionError } from '../find-option-error.js';
import type { Instance } from '../instance.js';
import { isExpressApp } from '../is-express-app.js';
import { loadExport } from '../load-export.js';
import { openInstance } from '../open-instance.js';
import type { ExaminedSetup } from './examined-setup.js';
import { listPackages } from './list-packages.js';

/** How many keys are looked at for the addresses that they were used from. */
const lookedAtKeys = 100;

/**
 * Finds out everything that the checks look at.
 *
 * @param proxies - what a process of the app has reported
 * @throws CommandError where the arguments or the module make no sense
 */
export async function examine(
  given: CommandArguments,
  host: CommandHost,
  proxies: ObservedProxies | null,
): Promise<ExaminedSetup> {
  const { environment } = host;
  const base: ExaminedSetup = {
    facts: null,
    optionError: null,
    proxies,
    trustProxy: null,
    callerAddresses: [],
    nodeVersion: process.versions.node,
    nodeEnvironment: environment['NODE_ENV'],
    packages: listPackages(dirname(resolve(given.getText('app') ?? '.'))),
  };
  if (!given.hasFlag('app') && given.hasFlag('url')) return base;
  let instance: Instance;
  try {
    instance = await openInstance(given, host);
  } catch (error) {
    const optionError = findOptionError(error);
    if (optionError === null) throw error;
    return { ...base, optionError };
  }
  try {
    if (!canBeExamined(instance))
      throw new CommandError('The app has another version of express-api-keys.', 2);
    const facts = await instance[setupHost].examine();
    const callerAddresses = facts.status.ready ? await listCallerAddresses(instance) : [];
    return { ...base, facts, callerAddresses, trustProxy: await findTrustProxy(given, host) };
  } finally {
    await instance.close();
  }
}

function canBeExamined(instance: Instance): instance is Instance & WithSetupHost {
  return setupHost in instance;
}

async function listCallerAddresses({ keys }: Instance): Promise<readonly string[]> {
  try {
    const { items } = await keys.as({ kind: 'application' }).list({ limit: lookedAtKeys });
    return items.flatMap(({ lastUsedAddress: address }) => (address === null ? [] : [address]));
  } catch {
    // Whatever keeps keys from being read is reported by a check of its own.
    return [];
  }
}

/** Without `--express`, the module of `--app` may or may not export the app. */
async function findTrustProxy(given: CommandArguments, host: CommandHost): Promise<TrustProxy | null> {
  const named = given.getText('express');
  try {
    const app = await loadExport(
      {
        file: named ?? given.getText('app') ?? '',
        name: given.getText('express-export'),
        usualNames: ['app'],
        nameOption: 'express-export',
        what: 'an app of Express',
        is: isExpressApp,
      },
      host,
    );
    const isTrusted: unknown = app.get('trust proxy fn');
    return typeof isTrusted === 'function' ? (isTrusted as TrustProxy) : null;
  } catch (error) {
    if (named === undefined && given.getText('express-export') === undefined) return null;
    throw error;
  }
}
