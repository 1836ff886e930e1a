import { withDeadline } from '../deadline.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type { Logger } from '../ports/logger.js';
import { SlowHashTimeout } from '../ports/secret-hasher.js';
import type { BcryptResult, BcryptTask, BcryptRunner } from './bcrypt-task.js';
import type { BcryptJob, BcryptLane, BcryptQueue } from './bcrypt-queue.js';
import { createMainThreadRunner } from './main-thread-runner.js';

/** How long an idle worker is kept, in milliseconds. */
const idleMs = 10_000;

/** Workers that run the tasks of a queue. */
export interface BcryptPool {
  /** Rejects with `ERR_API_KEYS_UNAVAILABLE` when there is no result in time. */
  run(lane: BcryptLane, question: BcryptTask, share?: string): Promise<BcryptResult>;
  close(): Promise<void>;
}

/**
 * Creates a pool that starts workers on demand. A task whose worker exits is retried once; a worker that takes too long is
 * stopped. When no worker can be started at all, tasks run on the main thread, one at a time.
 *
 * @param options.size - maximum number of concurrent workers
 */
export function createBcryptPool(options: {
  readonly size: number;
  readonly queue: BcryptQueue;
  readonly logger: Logger;
  readonly startWorker: () => BcryptRunner;
}): BcryptPool {
  const { queue, logger } = options;
  let { size, startWorker: start } = options;
  const runners = new Set<BcryptRunner>();
  const idle = new Map<BcryptRunner, NodeJS.Timeout>();
  let hasEverStarted = false;
  let isClosed = false;

  function dispatch(): void {
    while (!queue.isEmpty()) {
      const runner = wakeRunner() ?? (runners.size < size ? startRunner() : undefined);
      const job = runner && queue.take();
      if (runner === undefined || job === undefined) return;
      void runJob(runner, job);
    }
  }

  function wakeRunner(): BcryptRunner | undefined {
    const [runner] = idle.keys();
    if (runner === undefined) return undefined;
    clearTimeout(idle.get(runner));
    idle.delete(runner);
    return runner;
  }

  function startRunner(): BcryptRunner | undefined {
    try {
      const runner = start();
      runners.add(runner);
      void runner.exited.then(() => removeRunner(runner));
      return runner;
    } catch (error) {
      if (!hasEverStarted) {
        switchToMainThread(error);
        return startRunner();
      }
      // No more threads can be started. Running workers go on; without any, nothing would ever take the waiting tasks.
      if (runners.size === 0) queue.clear(error);
      return undefined;
    }
  }

  async function runJob(runner: BcryptRunner, job: BcryptJob): Promise<void> {
    try {
      job.resolve(await withDeadline(runner.run(job.task), job.runMs, 'the slow hash'));
      hasEverStarted = true;
      keepIdle(runner);
    } catch (error) {
      hasEverStarted ||= runner.hasStarted();
      if (isProblem(error, 'unavailable')) {
        job.fail(new SlowHashTimeout({ cause: error }));
        await runner.stop();
      } else {
        retryOnce(job, error);
      }
      removeRunner(runner);
    }
    dispatch();
  }

  function retryOnce(job: BcryptJob, error: unknown): void {
    if (isClosed || job.wasDropped) {
      job.fail(error);
      return;
    }
    if (hasEverStarted) job.wasDropped = true;
    else switchToMainThread(error);
    queue.putBack(job);
  }

  function switchToMainThread(cause: unknown): void {
    if (start === createMainThreadRunner) return;
    start = createMainThreadRunner;
    size = 1;
    logger.warn(
      'api-keys: no worker thread could be started, so bcrypt runs on the main thread, one hash at a time, and holds ' +
        'up requests. If the app is bundled, leave express-api-keys out of the bundle (mark it as external)',
      cause,
    );
  }

  function keepIdle(runner: BcryptRunner): void {
    const timer = setTimeout(() => {
      removeRunner(runner);
      void runner.stop();
    }, idleMs);
    idle.set(runner, timer.unref());
  }

  function removeRunner(runner: BcryptRunner): void {
    clearTimeout(idle.get(runner));
    idle.delete(runner);
    runners.delete(runner);
  }

  return {
    run(lane, question, share) {
      if (isClosed) return Promise.reject(new ApiKeysError('unavailable', { cause: new Error('closed') }));
      const answer = queue.add(lane, question, share);
      dispatch();
      return answer;
    },

    async close() {
      isClosed = true;
      queue.clear(new Error('The hasher was closed'));
      await Promise.all([...runners].map((runner) => runner.stop()));
    },
  };
}
