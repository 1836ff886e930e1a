/** A time in which something that wanted to run did not, in milliseconds of the test process. */
export type Standstill = readonly [from: number, to: number];

/** A computation of the control: when it began, how long it took, and how much of that it computed, in milliseconds. */
export type Burst = readonly [from: number, wallMs: number, cpuMs: number];

/** Around a time that is asked about, in milliseconds: else a short one would be judged by one burst, or by none. */
const aroundMs = 250;

/**
 * How slow the machine was, by what a control measured that has nothing to do with the product: for how long it stood
 * still, and how many times longer computing took than it does alone.
 */
export class MachineSlowness {
  readonly #standstills: readonly Standstill[];
  readonly #bursts: readonly Burst[];

  constructor(standstills: readonly Standstill[], bursts: readonly Burst[]) {
    this.#standstills = union(standstills);
    this.#bursts = bursts;
  }

  /** For how long nothing ran between two moments, in milliseconds. */
  heldUpMs(from: number, to: number): number {
    return this.#standstills.reduce(
      (sum, [begin, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(begin, from)),
      0,
    );
  }

  /** Every time of at least so many milliseconds in which nothing ran. */
  standstillsOf(leastMs: number): readonly Standstill[] {
    return this.#standstills.filter(([from, to]) => to - from >= leastMs);
  }

  /** How many times longer computing took between two moments than it does alone; 1 on a quiet machine. */
  factor(from: number, to: number): number {
    let wall = 0;
    let cpu = 0;
    for (const [begin, wallMs, cpuMs] of this.#bursts) {
      if (begin + wallMs < from - aroundMs || begin > to + aroundMs) continue;
      wall += wallMs;
      cpu += cpuMs;
    }
    return cpu === 0 ? 1 : Math.max(1, wall / cpu);
  }

  /** What is left of a time when the machine's share is taken away, in milliseconds. */
  addedMs(from: number, to: number): number {
    return Math.max(0, to - from - this.heldUpMs(from, to)) / this.factor(from, to);
  }
}

/** The same times, each moment once. */
function union(all: readonly Standstill[]): readonly Standstill[] {
  const merged: [number, number][] = [];
  for (const [from, to] of all.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
