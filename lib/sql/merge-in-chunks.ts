import { setImmediate as nextTurn } from 'node:timers/promises';

/** The number of items that are merged or sorted without a pause. */
const itemsPerTurn = 1_000;

interface Named<T> {
  readonly name: string;
  readonly item: T;
}

/**
 * Adds up items of the same name, and sorts them by name, so that two batches never deadlock on each other's rows. It
 * pauses for the event loop, because merging and sorting ten thousand in one go takes longer than a request should
 * wait.
 */
export async function mergeInChunks<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  sum: (a: T, b: T) => T,
): Promise<readonly T[]> {
  const merged = new Map<string, T>();
  for (const part of splitIntoChunks(items)) {
    for (const item of part) {
      const name = nameOf(item);
      const before = merged.get(name);
      merged.set(name, before === undefined ? item : sum(before, item));
    }
    await nextTurn();
  }
  const runs: Named<T>[][] = [];
  for (const part of splitIntoChunks(Array.from(merged, ([name, item]) => ({ name, item })))) {
    runs.push(part.sort((a, b) => (a.name < b.name ? -1 : 1)));
    await nextTurn();
  }
  for (;;) {
    const [first = [], second] = runs.splice(0, 2);
    if (second === undefined) return first.map(({ item }) => item);
    runs.push(zip(first, second));
    await nextTurn();
  }
}

function splitIntoChunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / itemsPerTurn);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * itemsPerTurn, (index + 1) * itemsPerTurn),
  );
}

/** Merges two sorted lists. */
function zip<T>(a: readonly Named<T>[], b: readonly Named<T>[]): Named<T>[] {
  const result: Named<T>[] = [];
  let [inA, inB] = [0, 0];
  for (;;) {
    const [nextA, nextB] = [a[inA], b[inB]];
    if (nextA === undefined) return result.concat(b.slice(inB));
    if (nextB === undefined) return result.concat(a.slice(inA));
    if (nextA.name < nextB.name) inA += 1;
    else inB += 1;
    result.push(nextA.name < nextB.name ? nextA : nextB);
  }
}
