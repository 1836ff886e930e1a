import { parseOwnerId } from '../domain/key-fields.js';
import { toOwner, type Owner } from '../domain/owner-view.js';
import type { ChangedOwner as Changed } from '../manage/change-owner.js';
import type { Page } from '../manage/list-page.js';
import type { OwnerService } from '../manage/owner-service.js';
import { readFields } from '../manage/read-fields.js';
import type { Command } from './bind-commands.js';
import type { CallInput } from './call-input.js';
import type { ChangedOwner } from './owners-api.js';
import { refuseUndefined } from './refuse-undefined.js';

/** The commands of `apiKeys.owners`. */
export interface OwnerCommands {
  readonly get: Command<Owner>;
  readonly list: Command<Page<Owner>>;
  readonly set: Command<ChangedOwner>;
  readonly suspend: Command<ChangedOwner>;
  readonly resume: Command<ChangedOwner>;
}

/** Makes the commands from the management service, whose inputs are checked there, and shows what it returns. */
export function createOwnerCommands(
  whenReady: () => Promise<{ readonly owners: OwnerService }>,
): OwnerCommands {
  return {
    async get({ context }, input) {
      const { ownerId, rest } = readOwner(input);
      readFields(rest, {}, []);
      const { owners } = await whenReady();
      return toOwner(await owners.get(context, ownerId));
    },

    async list({ what, context }, filter) {
      refuseUndefined(what, filter);
      const { owners } = await whenReady();
      const page = await owners.list(context, filter);
      return { ...page, items: page.items.map(toOwner) };
    },

    async set({ context, expected }, input) {
      const { ownerId, rest } = readOwner(input);
      const { owners } = await whenReady();
      return toChangedOwner(await owners.set(context, ownerId, rest, expected));
    },

    async suspend({ context, expected }, input) {
      const { ownerId, rest } = readOwner(input);
      const { owners } = await whenReady();
      return toChangedOwner(await owners.suspend(context, ownerId, rest, expected));
    },

    async resume({ context, expected }, input) {
      const { ownerId, rest } = readOwner(input);
      const { owners } = await whenReady();
      return toChangedOwner(await owners.resume(context, ownerId, rest, expected));
    },
  };
}

function toChangedOwner({ record, effectiveBy }: Changed): ChangedOwner {
  return { ...toOwner(record), effectiveBy: effectiveBy === null ? null : new Date(effectiveBy) };
}

/** Takes the owner out of the input of a command. @throws ApiKeysError `invalid_request` when there is none */
function readOwner({ ownerId, ...rest }: CallInput): { readonly ownerId: string; readonly rest: CallInput } {
  return { ...readFields({ ownerId }, { ownerId: parseOwnerId }, ['ownerId']), rest };
}
