import type { MachineSlowness } from '../harness/machine-slowness.js';

/** From when on a machine that stands still is a fault like any other, in milliseconds: half of a read's deadline. */
export const standstillMs = 350;
/** From when on computing that takes so many times longer is a fault like any other: nothing keeps its deadlines then. */
export const starvedFactor = 3;

/** Whether the machine was so slow between two moments that a 503, or a change that is not confirmed at once, is its fault. */
export function wasMachineSlow(slowness: MachineSlowness, from: number, to: number): boolean {
  return slowness.heldUpMs(from, to) >= standstillMs || slowness.factor(from, to) >= starvedFactor;
}
