// @ts-check
/** From when on what was planned tells how long the rest takes, in seconds. */
const enoughToTell = 30;

/** Says what is being measured and about how long the rest will take. @param {number} totalSeconds estimated */
export function createProgress(totalSeconds) {
  const started = performance.now();
  let planned = 0;
  /** @param {number} seconds */
  const clock = (seconds) =>
    `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  const elapsedSeconds = () => (performance.now() - started) / 1000;
  /** What went slower than planned so far is expected to go on so. */
  const pace = () => (planned < enoughToTell ? 1 : Math.max(1, elapsedSeconds() / planned));
  const secondsLeft = () => Math.max(0, totalSeconds - planned) * pace();
  return {
    /** @param {string} text @param {number} [seconds] how long this step is planned to take */
    step(text, seconds = 0) {
      console.log(`[${clock(elapsedSeconds())}, about ${clock(secondsLeft())} left] ${text}`);
      planned += seconds;
    },
    elapsedSeconds,
    /** Whether the run would end within a limit when it did more than was planned. @param {number} seconds @param {number} limit */
    hasTimeFor: (seconds, limit) => elapsedSeconds() + secondsLeft() + seconds * pace() < limit,
  };
}
