import type { ForeignFormats } from '../domain/foreign-format.js';
import { toApiKey, type ApiKey } from '../domain/api-key-view.js';
import { parseOwnerId } from '../domain/key-fields.js';
import { toPostureItem, type PostureItem } from '../domain/posture-view.js';
import { toKeyUsage, type KeyUsage } from '../domain/usage-view.js';
import type { Grantable } from '../domain/grantable.js';
import { isProblem } from '../errors.js';
import type { Changed } from '../manage/change.js';
import type { KeyService } from '../manage/key-service.js';
import type { Page } from '../manage/list-page.js';
import { readFields } from '../manage/read-fields.js';
import type { ImportReport } from '../manage/import-keys.js';
import { readImportInput } from './read-import-input.js';
import type { ResealReport } from '../manage/reseal-secrets.js';
import type { Clock } from '../ports/clock.js';
import type { Command } from './bind-commands.js';
import type { CheckedActor } from './call-actor.js';
import type { CallInput } from './call-input.js';
import type { ChangedKey, CreatedKey } from './key-results.js';
import { readReference } from './read-reference.js';
import { refuseUndefined } from './refuse-undefined.js';

/** The commands of `apiKeys.keys`. */
export interface KeyCommands {
  readonly create: Command<CreatedKey>;
  readonly get: Command<ApiKey | null>;
  readonly list: Command<Page<ApiKey>>;
  readonly posture: Command<Page<PostureItem>>;
  readonly usage: Command<KeyUsage>;
  readonly update: Command<ChangedKey>;
  readonly rotate: Command<CreatedKey>;
  readonly revoke: Command<ChangedKey>;
  readonly revokeAll: Command<readonly ChangedKey[]>;
  readonly import: Command<ImportReport>;
  readonly grantable: Command<Grantable>;
  readonly resealSecrets: Command<ResealReport>;
}

/**
 * Fields that describe a key and restrict nothing: only these may be `undefined`, which is as if they were left out. Without
 * any other one a key could be used for longer, from more places or for more than was meant.
 */
const describingFields = ['ownerId', 'name', 'description', 'metadata', 'tags'];

/** Makes the commands from the management service, whose inputs are checked there, and shows what it returns. */
export function createKeyCommands(
  whenReady: () => Promise<{ readonly service: KeyService }>,
  clock: Clock,
  formats: ForeignFormats,
): KeyCommands {
  const toChangedKey = (changed: Changed): ChangedKey => ({
    ...toApiKey(changed.record, clock.now()),
    effectiveBy: changed.effectiveBy === null ? null : new Date(changed.effectiveBy),
  });

  return {
    async create({ what, context }, input) {
      refuseUndefined(what, input, describingFields);
      const { service } = await whenReady();
      const created = await service.create(context, omitOwnId(context.actor, input));
      return withToken(toChangedKey(created), created.token);
    },

    async get({ context }, input) {
      const { id, rest } = readReference(input);
      readFields(rest, {}, []);
      const { service } = await whenReady();
      try {
        return toApiKey(await service.get(context, id), clock.now());
      } catch (error) {
        if (isProblem(error, 'not_found')) return null;
        throw error;
      }
    },

    async list({ what, context }, filter) {
      refuseUndefined(what, filter);
      const { service } = await whenReady();
      const page = await service.list(context, filter);
      return { ...page, items: page.items.map((record) => toApiKey(record, clock.now())) };
    },

    async posture({ what, context }, filter) {
      refuseUndefined(what, filter);
      const { service } = await whenReady();
      const page = await service.posture(context, filter);
      return { ...page, items: page.items.map(toPostureItem) };
    },

    async usage({ what, context }, input) {
      const { id, rest } = readReference(input);
      refuseUndefined(what, rest);
      const { service } = await whenReady();
      return toKeyUsage(await service.usage(context, id, rest));
    },

    async update({ what, context, expected }, input) {
      const { id, rest } = readReference(input);
      refuseUndefined(what, rest, describingFields);
      const { service } = await whenReady();
      return toChangedKey(await service.update(context, id, rest, expected));
    },

    async rotate({ context, expected }, input) {
      const { id, rest } = readReference(input);
      const { service } = await whenReady();
      const rotated = await service.rotate(context, id, rest, expected);
      return withToken(toChangedKey(rotated), rotated.token);
    },

    async revoke({ context, expected }, input) {
      const { id, rest } = readReference(input);
      const { service } = await whenReady();
      return toChangedKey(await service.revoke(context, id, expected, rest));
    },

    async revokeAll({ context }, input) {
      const { ownerId, ...note } = addOwnId(context.actor, input);
      const owner = readFields({ ownerId }, { ownerId: parseOwnerId }, ['ownerId']);
      const { service } = await whenReady();
      return (await service.revokeAll(context, owner.ownerId, note)).map(toChangedKey);
    },

    async import({ what, context }, input) {
      const read = readImportInput(what, input, formats);
      const { service } = await whenReady();
      return service.import(context, read);
    },

    async grantable({ context }, input) {
      readFields(input, {}, []);
      const { service } = await whenReady();
      return service.grantable(context);
    },

    async resealSecrets({ context }, input) {
      readFields(input, {}, []);
      const { service } = await whenReady();
      return service.resealSecrets(context);
    },
  };
}

/** The input decides whether there is a token: a key with a public key has none, and its result is of another type. */
function withToken(view: ChangedKey, token: string | null): CreatedKey {
  return (token === null ? view : { ...view, key: token }) as CreatedKey;
}

/** An owner may name itself; the service refuses every other owner that it names. */
function omitOwnId(actor: CheckedActor, input: CallInput): CallInput {
  if (actor.kind !== 'owner' || input['ownerId'] !== actor.ownerId) return input;
  const { ownerId: _own, ...rest } = input;
  return rest;
}

/** An owner need not name itself. An `ownerId` that is `undefined` was lost on its way here, and counts as missing. */
function addOwnId(actor: CheckedActor, input: CallInput): CallInput {
  if (actor.kind !== 'owner' || Object.hasOwn(input, 'ownerId')) return input;
  return { ...input, ownerId: actor.ownerId };
}
