import type { OwnerService } from '../manage/owner-service.js';
import { bindCommands, type CommandShape } from './bind-commands.js';
import { readCallActor } from './call-actor.js';
import { createOwnerCommands, type OwnerCommands } from './owner-commands.js';
import type { OwnersApi } from './owners-api.js';
import { createBoundReader, readUnboundCall } from './read-call.js';

const example = "{ ownerId: 'alice' }";
const options = ['expectedVersion'] as const;

const shapes: { readonly [N in keyof OwnerCommands]: CommandShape } = {
  get: { takes: ['ownerId'], example },
  list: {
    takes: ['suspended', 'q', 'limit', 'cursor'],
    example: '{ suspended: true }',
    isInputOptional: true,
  },
  impact: { takes: ['plan', 'as', 'ownerId'], example: "{ plan: 'free' }" },
  set: { takes: ['ownerId', 'plan', 'overrides'], example: "{ ownerId: 'alice', plan: 'pro' }", options },
  suspend: { takes: ['ownerId', 'suspensionReason'], example, options },
  resume: { takes: ['ownerId'], example, options },
  erase: { takes: ['ownerId'], example, options },
};

/** Puts the typed face on the management of owners. */
export function createOwnersApi(whenReady: () => Promise<{ readonly owners: OwnerService }>): OwnersApi {
  const commands = createOwnerCommands(whenReady);
  const api = {
    ...bindCommands('owners', commands, shapes, readUnboundCall),
    as: (actor: unknown) =>
      bindCommands('owners', commands, shapes, createBoundReader(readCallActor('owners.as', actor))),
  };
  // What the types promise besides is checked as the commands run: untyped code calls them too.
  return api as OwnersApi;
}
