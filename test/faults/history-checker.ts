import type { MachineSlowness } from '../harness/machine-slowness.js';
import type { Action, Capability, Disturbance, History, Operation } from './history.js';
import { standstillMs, starvedFactor } from './was-machine-slow.js';

/** How long after a fault an answer may still say that something is unavailable, in milliseconds. */
const recoveryMs = 10_000;
/** How long clients may still send to a process that was replaced, in milliseconds. */
const staleAddressMs = 500;
/** Slowest answer that guarded requests may give at the 99th percentile, in milliseconds without the machine's share. */
const slowestMs = 1_000;
/** How exact the wall clock is in comparison with the other one, in milliseconds. */
const wallClockMs = 5;

const explanations: Partial<Record<Action, readonly string[]>> = {
  revoke: ['key_revoked'],
  'revoke token': ['invalid_token'],
  disable: ['key_disabled'],
  expire: ['key_expired'],
  // Of credentials that ended long ago nothing is kept.
  rotate: ['secret_rotated', 'invalid_token'],
  narrow: ['insufficient_scope'],
  suspend: ['owner_suspended'],
  demote: ['insufficient_scope'],
  restrict: ['insufficient_scope'],
};

/** A change as the checker sees it. */
interface Change {
  readonly operation: Operation;
  /** When it may begin to show. */
  readonly from: number;
  /** When it can no longer begin to show; infinite while it is unknown whether it happened. */
  readonly until: number;
  /** Whether it holds everywhere for a use that began then. */
  holdsFor(use: Operation): boolean;
}

/**
 * Looks for answers that break the promise, and returns a sentence for each: nothing is accepted that a confirmed change
 * took away or that was never given, no grants are exceeded, nothing good is refused but with 503 while something is wrong,
 * and one of several racing changes wins.
 *
 * @param slowness - how slow the machine was meanwhile
 */
export function checkHistory(
  { operations, disturbances }: History,
  slowness: MachineSlowness,
): readonly string[] {
  const trouble: Trouble = { disturbances: [...disturbances, ...machineFaults(slowness)], slowness };
  const changes = operations.filter((operation) => operation.action !== 'use' && mayHaveHappened(operation));
  const taking = byCapability(changes, 'takes');
  const giving = byCapability(changes, 'gives');
  return [
    ...usesOf(operations).flatMap((use) => checkUse(use, taking, giving)),
    ...operations.flatMap((operation) => checkAnswer(operation, trouble)),
    ...checkRaces(operations),
  ];
}

/** What may excuse a 503. */
interface Trouble {
  readonly disturbances: readonly Disturbance[];
  readonly slowness: MachineSlowness;
}

/** What stands still as a whole answers 503 afterwards, as it should. */
function machineFaults(slowness: MachineSlowness): readonly Disturbance[] {
  return slowness.standstillsOf(standstillMs).map(([from, to]) => ({ fault: 'the machine', from, to }));
}

function usesOf(operations: readonly Operation[]): readonly Operation[] {
  return operations.filter(({ action }) => action === 'use');
}

function mayHaveHappened({ outcome }: Operation): boolean {
  return outcome === null || outcome.status < 300 || outcome.status === 503;
}

function isAcknowledged({ outcome }: Operation): boolean {
  return outcome !== null && outcome.status < 300;
}

function byCapability(
  changes: readonly Operation[],
  side: 'takes' | 'gives',
): ReadonlyMap<Capability, readonly Change[]> {
  const found = new Map<Capability, Change[]>();
  for (const operation of changes) {
    for (const capability of operation[side] ?? []) {
      const list = found.get(capability) ?? [];
      list.push(changeOf(operation));
      found.set(capability, list);
    }
  }
  return found;
}

function changeOf(operation: Operation): Change {
  const { outcome, startedAt, startedAtWall, endedAt, takesAtWall = -Infinity } = operation;
  const takesAt = startedAt + takesAtWall - startedAtWall;
  return {
    operation,
    from: Math.max(startedAt, takesAt - wallClockMs),
    until: isAcknowledged(operation) ? Math.max(endedAt, takesAt) : Infinity,
    holdsFor(use) {
      if (outcome === null || outcome.status >= 300) return false;
      if (use.startedAtWall < takesAtWall) return false;
      if (outcome.status !== 202) return endedAt < use.startedAt;
      return outcome.effectiveBy !== undefined && use.startedAtWall > outcome.effectiveBy;
    },
  };
}

function checkUse(
  use: Operation,
  taking: ReadonlyMap<Capability, readonly Change[]>,
  giving: ReadonlyMap<Capability, readonly Change[]>,
): readonly string[] {
  const { outcome, needs = '' } = use;
  if (outcome === null || outcome.status === 503) return [];
  const taken = taking.get(needs) ?? [];
  const given = giving.get(needs) ?? [];
  if (outcome.status < 300) {
    if (given.length === 0) return [`${describe(use)} was let in with what it was never given`];
    const gone = taken.find(
      (take) =>
        take.holdsFor(use) && !given.some((give) => give.until > take.from && give.from < use.endedAt),
    );
    if (gone === undefined) return [];
    const late = Math.round(use.startedAt - gone.operation.endedAt);
    return [`${describe(use)} was let in, ${late} ms after ${describe(gone.operation)}`];
  }
  if (outcome.status !== 401 && outcome.status !== 403) return [];
  if (!given.some((give) => give.holdsFor(use))) return [];
  const isExplained = taken.some(
    (take) =>
      take.from < use.endedAt &&
      explanations[take.operation.action]?.includes(outcome.code ?? '') === true &&
      !given.some((give) => give.holdsFor(use) && give.from >= take.until),
  );
  return isExplained ? [] : [`${describe(use)} was refused, though the key is good`];
}

/** Whether the process of an operation stood still, or was gone, while it ran. */
function wasStill({ process, startedAt, endedAt }: Operation, disturbances: readonly Disturbance[]): boolean {
  return disturbances.some((each) => each.process === process && startedAt < each.to && endedAt > each.from);
}

/**
 * Whether the process of an operation stood still, or was gone, while it ran or just before: a client may have the address of
 * the one that was killed for a moment longer.
 */
function wasGone({ process, startedAt, endedAt }: Operation, disturbances: readonly Disturbance[]): boolean {
  return disturbances.some(
    (each) => each.process === process && startedAt < each.to + staleAddressMs && endedAt > each.from,
  );
}

/** Whether something that an operation needs was not well while it ran, or shortly before. */
function wasHindered(operation: Operation, disturbances: readonly Disturbance[]): boolean {
  const { action, process, startedAt, endedAt } = operation;
  return disturbances.some((each) => {
    // A process that stands still in the middle of a change holds up the changes of all; uses wait for no process.
    const concerns = action !== 'use' || each.process === undefined || each.process === process;
    return concerns && startedAt < each.to + recoveryMs && endedAt > each.from;
  });
}

function checkAnswer(operation: Operation, { disturbances, slowness }: Trouble): readonly string[] {
  const { action, outcome, race, startedAt, endedAt } = operation;
  if (outcome === null) {
    return wasGone(operation, disturbances) ? [] : [`${describe(operation)} got no answer`];
  }
  const { status } = outcome;
  if (status < 300) return action === 'exceed' ? [`${describe(operation)} went beyond its grants`] : [];
  if (status === 503) {
    const isExplained =
      wasHindered(operation, disturbances) || slowness.factor(startedAt, endedAt) >= starvedFactor;
    return isExplained ? [] : [`${describe(operation)} while all was well`];
  }
  if (action === 'use' && (status === 401 || status === 403)) return [];
  if ((action === 'exceed' || action === 'regive') && status === 403) return [];
  // It came so late that the end would have been in the past.
  if (action === 'expire' && status === 400) return [];
  // A rotation finds that another one was faster, one that was thought to be lost or one of the same race.
  if (action === 'rotate' && status === 409) return [];
  if (race !== undefined && status === 412) return [];
  return [`${describe(operation)} is no answer to that`];
}

function checkRaces(operations: readonly Operation[]): readonly string[] {
  const races = new Map<string, Operation[]>();
  for (const operation of operations) {
    if (operation.race === undefined) continue;
    races.set(operation.race, [...(races.get(operation.race) ?? []), operation]);
  }
  return [...races].flatMap(([race, members]) => {
    const winners = members.filter(isAcknowledged).length;
    const isCertain = members.every((member) => isAcknowledged(member) || !mayHaveHappened(member));
    if (winners > 1) return [`${winners} operations of the race ${race} have won`];
    return isCertain && winners === 0 ? [`nobody has won the race ${race}`] : [];
  });
}

/** Looks for uses that were slow, not counting the machine's share, and returns a sentence if so. */
export function checkSpeed(
  { operations, disturbances: faults }: History,
  slowness: MachineSlowness,
): readonly string[] {
  const disturbances = [...faults, ...machineFaults(slowness)];
  const times = usesOf(operations)
    .filter((use) => !wasStill(use, disturbances))
    .map(({ startedAt, endedAt }) => slowness.addedMs(startedAt, endedAt))
    .toSorted((a, b) => a - b);
  const slow = times[Math.ceil(times.length * 0.99) - 1] ?? 0;
  return slow > slowestMs
    ? [`uses took ${Math.round(slow)} ms at the 99th percentile, without the machine's share`]
    : [];
}

function describe({ action, process, keyId, needs, startedAt, endedAt, outcome }: Operation): string {
  const what = [action, needs ?? keyId, 'on', process].join(' ');
  const answer = outcome === null ? 'lost' : [outcome.status, outcome.code].filter(Boolean).join(' ');
  return `${what} (${Math.round(startedAt)}–${Math.round(endedAt)} ms, ${answer})`;
}
