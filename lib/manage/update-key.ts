import type { KeyFields } from '../domain/key-field-table.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditAction } from '../domain/audit-entry.js';
import { parseEnabled } from '../domain/key-fields.js';
import { getLifetimeBounds } from '../domain/get-lifetime-bounds.js';
import type { Keyspace } from '../domain/keyspace.js';
import { noPolicy } from '../domain/keyspace-policy.js';
import { ApiKeysError } from '../errors.js';
import type { SharedQueuing } from '../ports/queued-store.js';
import {
  assertAtOrBelow,
  assertMayGrant,
  resolveAuthority,
  createFinder,
  findVisible,
  isBelowActor,
} from './authority.js';
import { createNarrowingQueuing, createNeutralQueuing, createRevocationQueuing } from './change-queuing.js';
import { createAuditEntry } from './audit-entry.js';
import { resolveChangedLimits, resolveCreditChange, getLimitBounds } from './limit-authority.js';
import { readCommitPoint, confirmChange } from './confirm-change.js';
import type { Changed, ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import { assertMayEnd } from './end-of-key.js';
import { getKey } from './get-key.js';
import { assertMayChange } from './grant-authority.js';
import type { DoubtfulFields } from './parsed-fields.js';
import {
  assertMayBeUnchanged,
  assertUnchanged,
  readRequestedChanges,
  selectChanged,
} from './requested-changes.js';
import { createKeyFieldReaders } from './create-key-field-readers.js';
import type { ManagePorts } from './manage-ports.js';
import { assertExpectedVersion, assertNotRevoked, createNextVersion } from './next-version.js';
import { assertWithinPlan } from './plan-authority.js';
import { readFields } from './read-fields.js';

type UpdatableFields = KeyFields & Pick<ApiKeyRecord, 'enabled'>;

interface RequestedChanges {
  readonly values: Partial<UpdatableFields>;
  readonly doubtful: DoubtfulFields | null;
}

/**
 * Changes some fields of a key. All decisions are based on the record as read inside the transaction, and only what differs
 * from it is a change: what was accepted before and is sent back is not judged again. A change of nothing writes nothing,
 * but confirms what was changed before.
 */
export async function updateKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
  input: KeyInput,
  expected: ExpectedVersion,
): Promise<Changed> {
  const now = ports.clock.now();
  const requested = readChanges(ports, input, now);
  await assertMayBeUnchanged(() => getKey(ports, context, id), requested.doubtful, now);

  const committed = await ports.store.transact(
    async (transaction) => {
      const find = createFinder(ports, transaction);
      const authority = await resolveAuthority(ports, context, 'update', find, now);
      const current = await findVisible(find, id, authority.ownerId);
      assertAtOrBelow(authority, current);
      assertExpectedVersion(current, expected);
      assertNotRevoked(current);
      assertUnchanged(requested.doubtful, current, now);
      const changes = selectChanged(requested.values, current, now);
      if (Object.keys(changes).length === 0) {
        return { record: current, written: null, point: await readCommitPoint(transaction) };
      }
      const { credits, ...fields } = changes;
      assertSameKeyspace(ports.keyspace, current, changes);
      if (changes.scopes !== undefined) assertMayGrant(context, authority, changes.scopes);
      if (changes.expiresAt !== undefined) {
        const home = ports.keyspaces.get(current.keyspace);
        assertMayEnd(
          current,
          changes.expiresAt,
          home === undefined ? noPolicy : getLifetimeBounds(home, current.owner),
        );
      }
      const plan = ports.keyspace.plans.of(current.owner);
      assertWithinPlan(context, ports.keyspace, plan, changes, current);
      const isBelow = isBelowActor(authority, current);
      const bounds = getLimitBounds(context, authority, plan.keyCeilings, isBelow);
      const limited =
        changes.rateLimits === undefined
          ? {}
          : { rateLimits: resolveChangedLimits(bounds, current, changes.rateLimits) };
      const paid = credits === undefined ? null : resolveCreditChange(bounds, current, credits, now);
      const next = createNextVersion(
        current,
        {
          ...fields,
          ...limited,
          ...(paid === null ? {} : { hasCredits: paid.balance !== null, credits: paid.balance }),
          // While it was disabled, it could not be used.
          ...(fields.enabled === true ? { activatedAt: now } : {}),
        },
        now,
      );
      assertAtOrBelow(authority, next, { ...fields, ...limited });
      assertMayChange(ports, context, current, next, now);
      const action = getAction(current, next);
      await transaction.update(next, createAuditEntry(context, action, next, Object.keys(changes)));
      if (paid !== null) await transaction.setCredits(next.id, paid.balance, paid.change);
      const { position } = transaction;
      const point = await readCommitPoint(transaction);
      return { record: next, written: { record: next, action, position }, point };
    },
    chooseQueuing(context, requested.values),
  );
  return confirmChange(ports, committed, now);
}

/** Rights of a key: whether a change narrows or widens them is known only when the record is read. */
const rights = [
  'scopes',
  'ipAllowlist',
  'resources',
  'expiresAt',
  'features',
  'rateLimits',
  'credits',
] as const satisfies readonly (keyof UpdatableFields)[];

function chooseQueuing(context: ChangeContext, values: Partial<UpdatableFields>): SharedQueuing {
  if (values.enabled === false) return createRevocationQueuing(context);
  const mayNarrow = rights.some((field) => values[field] !== undefined);
  return mayNarrow ? createNarrowingQueuing(context) : createNeutralQueuing(context);
}

function readChanges(ports: ManagePorts, input: KeyInput, now: number): RequestedChanges {
  const readers = { ...createKeyFieldReaders(ports.keyspace, now), enabled: parseEnabled };
  const requested = readRequestedChanges(input, (fields) => readFields<UpdatableFields>(fields, readers, []));
  if (Object.keys(requested.values).length > 0 || requested.doubtful !== null) return requested;
  const names = Object.keys(readers);
  throw new ApiKeysError('invalid_request', {
    detail: `Name at least one field to change: ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`,
  });
}

/** Scopes and features are defined by one keyspace. */
function assertSameKeyspace({ name }: Keyspace, { keyspace }: ApiKeyRecord, changes: object): void {
  if (keyspace === name || !('scopes' in changes || 'features' in changes)) return;
  throw new ApiKeysError('conflict', {
    detail: `This API key belongs to the keyspace ${keyspace}, which has scopes and features of its own. Change them there.`,
  });
}

function getAction(current: ApiKeyRecord, next: ApiKeyRecord): AuditAction {
  if (current.enabled === next.enabled) return 'key.updated';
  return next.enabled ? 'key.enabled' : 'key.disabled';
}
