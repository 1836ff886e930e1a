import { parseNewOwnerId, parseOwnerId } from '../domain/key-fields.js';
import { toOwner, type Owner, type OwnerWithCredits } from '../domain/owner-view.js';
import type { ChangedOwner as Changed } from '../manage/change-owner.js';
import type { Page } from '../manage/list-page.js';
import type { PlanImpact } from '../manage/impact-tally.js';
import type { OwnerService } from '../manage/owner-service.js';
import { readFields } from '../manage/read-fields.js';
import { summarizeErasure } from '../manage/report-erasure.js';
import type { Command } from './bind-commands.js';
import type { CallInput } from './call-input.js';
import type { ChangedOwner, ErasureReport } from './owners-api.js';
import { refuseUndefined } from './refuse-undefined.js';

/** The commands of `apiKeys.owners`. */
export interface OwnerCommands {
  readonly get: Command<OwnerWithCredits>;
  readonly list: Command<Page<Owner>>;
  readonly impact: Command<PlanImpact>;
  readonly set: Command<ChangedOwner>;
  readonly suspend: Command<ChangedOwner>;
  readonly resume: Command<ChangedOwner>;
  readonly erase: Command<ErasureReport>;
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
      const { record, credits } = await owners.getWithCredits(context, ownerId);
      return { ...toOwner(record), credits };
    },

    async list({ what, context }, filter) {
      refuseUndefined(what, filter);
      const { owners } = await whenReady();
      const page = await owners.list(context, filter);
      return { ...page, items: page.items.map(toOwner) };
    },

    async impact({ what, context }, input) {
      refuseUndefined(what, input);
      const { owners } = await whenReady();
      return owners.impact(context, input);
    },

    async set({ what, context, expected }, input) {
      const { ownerId, rest } = readOwner(input, parseNewOwnerId);
      refuseUndefined(what, rest);
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

    async erase({ context, expected }, input) {
      const { ownerId, rest } = readOwner(input);
      readFields(rest, {}, []);
      const { owners } = await whenReady();
      const erased = await owners.erase(context, ownerId, expected);
      return { ...summarizeErasure(erased), effectiveBy: toDate(erased.effectiveBy) };
    },
  };
}

function toChangedOwner({ record, effectiveBy }: Changed): ChangedOwner {
  return { ...toOwner(record), effectiveBy: toDate(effectiveBy) };
}

function toDate(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}

/** Takes the owner out of the input of a command. @throws ApiKeysError `invalid_request` when there is none */
function readOwner(
  { ownerId, ...rest }: CallInput,
  parse: (value: unknown) => string = parseOwnerId,
): { readonly ownerId: string; readonly rest: CallInput } {
  return { ...readFields({ ownerId }, { ownerId: parse }, ['ownerId']), rest };
}
