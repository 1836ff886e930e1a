/** @typedef {{ requests: number, seconds: number, cpuMicros: number, p50Micros: number, p99Micros: number }} Window */

/** @param {readonly number[]} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @template T @param {readonly T[]} items @returns {T[]} */
function shuffled(items) {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [result[index], result[other]] = [result[other], result[index]];
  }
  return result;
}

/**
 * Visits every variant once a round, in shuffled order, and compares it with the bare one of the same round: a machine
 * that gets slower or faster in between does so for all of them.
 *
 * @param {object} options
 * @param {readonly string[]} options.names the first one is what the others are compared with
 * @param {number} options.rounds
 * @param {(name: string) => Promise<Window>} options.measure
 * @param {(round: number) => void} options.onRound
 */
export async function comparePaired({ names, rounds, measure, onRound }) {
  const [base] = names;
  /** @type {Map<string, Window>[]} */
  const done = [];
  for (let round = 0; round < rounds; round += 1) {
    const windows = new Map();
    for (const name of shuffled(names)) windows.set(name, await measure(name));
    done.push(windows);
    onRound(round + 1);
  }
  return names.map((name) => {
    const of = (/** @type {(window: Window, bare: Window) => number} */ figure) =>
      median(done.map((windows) => figure(windows.get(name), windows.get(base))));
    return {
      name,
      ratioToBare: of((own, bare) => own.requests / own.seconds / (bare.requests / bare.seconds)),
      cpuAddedMicros: of((own, bare) => own.cpuMicros / own.requests - bare.cpuMicros / bare.requests),
      p50Micros: of((own) => own.p50Micros),
      p99Micros: of((own) => own.p99Micros),
    };
  });
}
