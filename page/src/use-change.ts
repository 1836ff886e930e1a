import { useState } from 'preact/hooks';
import { CancelledError, makeAttempt, ProblemError, type Answer } from './admin-client.js';
import { useSurroundings } from './context.js';

/** What the router keeps with a version. */
interface Versioned {
  readonly version: number;
}

/** One change of a record; `A` is what the router answers with. */
export interface Change<A> {
  /** Sends it, about the version that the person sees. */
  readonly send: (version: number, attempt: string) => Promise<Answer<A>>;
  /** Called with the answer, and not before there is one. */
  readonly onDone: (answer: Answer<A>) => void;
}

/** Somebody else was faster: what the person saw, what is there now, and the same change about that. */
export interface Conflict<R> {
  readonly seen: R;
  readonly current: R;
  readonly goOn: () => void;
}

export interface Changes<R, A> {
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly conflict: Conflict<R> | null;
  readonly run: (change: Change<A>) => void;
  readonly reset: () => void;
}

/**
 * Runs changes of a key or an owner, one at a time.
 *
 * @param path - where the record is read
 * @param onCurrent - called with the record as somebody else has changed it
 */
export function useChange<R extends Versioned, A>(
  path: string,
  record: R,
  onCurrent: (current: R) => void,
): Changes<R, A> {
  const { client } = useSurroundings();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Conflict<R> | null>(null);
  /** One name for all tries of a change: when its answer is lost, the next try does it no second time. */
  const [attempt, setAttempt] = useState(makeAttempt);

  async function tryChange(change: Change<A>, seen: R, name: string): Promise<void> {
    setBusy(true);
    setError(null);
    setConflict(null);
    try {
      const answer = await change.send(seen.version, name);
      setAttempt(makeAttempt());
      change.onDone(answer);
    } catch (problem) {
      const current = isConflict(problem) ? await readCurrent() : null;
      if (current === null || current.version === seen.version) {
        if (!(problem instanceof CancelledError)) setError(problem);
      } else {
        const nextName = makeAttempt();
        setAttempt(nextName);
        onCurrent(current);
        setConflict({ seen, current, goOn: () => void tryChange(change, current, nextName) });
      }
    }
    setBusy(false);
  }

  async function readCurrent(): Promise<R | null> {
    try {
      return await client.get<R>(path);
    } catch {
      // The conflict itself is shown instead.
      return null;
    }
  }

  return {
    ...{ isBusy, error, conflict },
    run: (change) => {
      if (!isBusy) void tryChange(change, record, attempt);
    },
    reset: () => {
      setError(null);
      setConflict(null);
      setAttempt(makeAttempt());
    },
  };
}

function isConflict(problem: unknown): boolean {
  return problem instanceof ProblemError && problem.problem.status === 412;
}
