import type { ForeignFormats } from '../domain/foreign-format.js';
import type { KeyService } from '../manage/key-service.js';
import type { Clock } from '../ports/clock.js';
import { bindCommands, type CommandShape } from './bind-commands.js';
import { readCallActor } from './call-actor.js';
import type { Verifiers } from './choose-verifier.js';
import { createKeyCommands, type KeyCommands } from './key-commands.js';
import type { RequestVerdict } from '../http/request-verdict.js';
import type { KeysApi } from './keys-api.js';
import { createBoundReader, readUnboundCall } from './read-call.js';
import { verifyKey, type VerifyKeyParts } from './verify-key.js';

/** The services behind `apiKeys.keys`. */
export interface KeysApiParts extends VerifyKeyParts {
  /** Waits until the instance is ready. */
  readonly whenReady: () => Promise<Verifiers & { readonly service: KeyService }>;
  readonly clock: Clock;
  /** The formats of other systems whose keys can be imported. */
  readonly foreign: ForeignFormats;
  /** Verifies a whole request: the arguments of `keys.verifyRequest`. */
  readonly verifyRequest: (args: readonly unknown[]) => Promise<RequestVerdict>;
}

const example = "{ id: '…' }";
const options = ['expectedVersion'] as const;

const shapes: { readonly [N in keyof KeyCommands]: CommandShape } = {
  create: {
    takes: ['ownerId', 'name', 'scopes', '…'],
    example: "{ ownerId: 'alice', name: 'CI', scopes: [] }",
  },
  get: { takes: ['id'], example },
  list: { takes: ['ownerId', 'state', 'limit', '…'], example: "{ ownerId: 'alice' }", isInputOptional: true },
  posture: {
    takes: ['ownerId', 'reason', 'limit', '…'],
    example: "{ reason: 'unused' }",
    isInputOptional: true,
  },
  usage: { takes: ['id', 'by', 'from', 'to', 'byRoute'], example },
  update: { takes: ['id', 'name', 'scopes', '…'], example: "{ id: '…', name: 'CI' }", options },
  rotate: { takes: ['id', 'gracePeriodSeconds', '…'], example, options },
  revoke: { takes: ['id', 'reason', 'comment'], example, options },
  revokeAll: {
    takes: ['ownerId', 'reason', 'comment'],
    example: "{ ownerId: 'alice' }",
    isInputOptional: true,
  },
  import: {
    takes: ['format', 'rows', 'dryRun', 'onProgress', 'onProblem'],
    example: "{ format: 'legacy', rows: [] }",
  },
  grantable: { takes: ['nothing'], example: '{}', isInputOptional: true },
  resealSecrets: { takes: ['nothing'], example: '{}', isInputOptional: true },
};

/** Puts the typed face on the management service and on verification. */
export function createKeysApi<S extends string, F extends string = never, R extends string = never>(
  parts: KeysApiParts,
): KeysApi<S, F, R> {
  const commands = createKeyCommands(parts.whenReady, parts.clock, parts.foreign);
  const api = {
    ...bindCommands('keys', commands, shapes, readUnboundCall),
    as: (actor: unknown) =>
      bindCommands('keys', commands, shapes, createBoundReader(readCallActor('keys.as', actor))),
    verify: async (input: unknown) => verifyKey(parts, input),
    verifyRequest: async (...args: readonly unknown[]) => parts.verifyRequest(args),
  };
  // What the types promise besides is checked as the commands run: untyped code calls them too.
  return api as KeysApi<S, F, R>;
}
