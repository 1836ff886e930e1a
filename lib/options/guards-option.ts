import {
  enforcementReaders,
  resolveEnforcement,
  type EnforcementOptions,
} from '../http/enforcement-options.js';
import { readOptions, refuseUnset } from './read-options.js';

/** The option `guards`: what `requireApiKey` takes that says nothing else. */
export type GuardsOption = EnforcementOptions;

/** The option as it was read. */
export type ResolvedGuardsOption = EnforcementOptions;

/** @throws InvalidOptionError */
export function readGuards(value: unknown, path: string): ResolvedGuardsOption {
  const example = "{ mode: 'observe' }";
  refuseUnset(path, value);
  const given = readOptions(path, value === undefined ? {} : value, enforcementReaders, { example });
  resolveEnforcement(path, given);
  const { enforceFrom } = given;
  return enforceFrom === undefined ? given : { ...given, enforceFrom: new Date(enforceFrom) };
}
