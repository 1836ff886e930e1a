/** From when on what was planned tells how long the rest takes, in seconds. */
const enoughToTell = 30;

/** Says what is being measured and about how long the rest will take. @param {number} totalSeconds estimated */
export function createProgress(totalSeconds) {
  const started = performance.now();
  let planned = 0;
  const clock = (seconds) =>
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  return {
    /** @param {string} text @param {number} [seconds] how long this step is planned to take */
    step(text, seconds = 0) {
      const elapsed = (performance.now() - started) / 1000;
      // What went slower than planned so far is expected to go on so.
      const pace = planned < enoughToTell ? 1 : Math.max(1, elapsed / planned);
      const left = Math.max(0, totalSeconds - planned) * pace;
      planned += seconds;
      console.log(`[${clock(elapsed)}, about ${clock(left)} left] ${text}`);
    },
    elapsedSeconds: () => (performance.now() - started) / 1000,
  };
}
