import type { TimedAnswer } from '../harness/start-orders.js';
import type { Fleet, Member } from './fleet.js';
import type { HistoryRecorder } from './history-recorder.js';
import { pause } from './pause.js';
import type { SeededRandom } from './seeded-random.js';
import { TestedKey, type Usable } from './tested-key.js';

/** Clients that use and change keys on every process until they are stopped. */
export interface Clients {
  /** A key that is never changed. */
  readonly steadyKey: TestedKey;
  /** From now on they rest longer, and each of them asks for one thing after the other. */
  slowDown(): void;
  /** Resolves when every request has its answer. */
  stop(): Promise<void>;
}

const allWays = [
  'revoker',
  'repeater',
  'switcher',
  'brancher',
  'rotator',
  'racer',
  'narrower',
  'suspender',
  'planner',
  'bounded',
] as const;
/** In which ways clients take something away. */
export type Way = (typeof allWays)[number];

/** Users of each process. */
const usersPerProcess = 2;
/**
 * Between two requests of one user, in milliseconds. Faults are what is tested: processes that are busy all the time
 * answer late for that reason alone.
 */
const restMs = 15;
/** Between two changes of one client. */
const changeRestMs = 30;
/** How many times as long they rest once they are slowed down. */
const slowedDownBy = 10;
const secretsPerKey = 4;
/** Revocations that are repeated at once on one process, and how often that is done. */
const repeatedAtOnce = 4;
const timesRepeated = 3;
/** In how many milliseconds a key ends that is given an end. */
const endsInMs = 500;

/**
 * Starts them: one for each way of taking something away, each with a key of its own at a time, and users of all of
 * these keys. A client that takes something away asks every process for it at once when that is confirmed.
 */
export async function startClients(
  fleet: Fleet,
  recorder: HistoryRecorder,
  random: SeededRandom,
  ways: readonly Way[] = allWays,
): Promise<Clients> {
  let isOn = true;
  let isSlow = false;
  const rest = (milliseconds: number): Promise<void> =>
    pause(isSlow ? milliseconds * slowedDownBy : milliseconds);
  const inUse = new Map<string, TestedKey>();
  const working: Promise<void>[] = [];
  const anyMember = (): Member => random.pick(fleet.members);
  const isGood = (answer: TimedAnswer | null): boolean => answer !== null && answer.status < 300;

  async function newKey(): Promise<TestedKey> {
    for (;;) {
      const key = await TestedKey.create(recorder, anyMember());
      if (key !== null) return key;
      if (!isOn) throw new StoppedError();
      await pause(100);
    }
  }

  /** Repeats a change until it is acknowledged: a repetition must be safe. */
  async function insist(change: (on: Member) => Promise<TimedAnswer | null>): Promise<void> {
    await rest(changeRestMs);
    while (!isGood(await change(anyMember()))) {
      if (!isOn) throw new StoppedError();
      await pause(100);
    }
  }

  /** As clients do who did not hear of it in time: several at once, on one process, while the others make changes. */
  async function repeat(change: (on: Member) => Promise<TimedAnswer | null>): Promise<void> {
    const on = anyMember();
    for (let time = 0; time < timesRepeated && isOn; time += 1) {
      await Promise.all(Array.from({ length: repeatedAtOnce }, () => change(on)));
    }
  }

  const askAll = async (key: TestedKey, usables: readonly Usable[]): Promise<void> => {
    const requests = fleet.members.flatMap((on) => usables.map((usable) => () => key.use(usable, on)));
    if (isSlow) for (const request of requests) await request();
    else await Promise.all(requests.map((request) => request()));
  };

  async function client(name: string, life: (key: TestedKey) => Promise<void>): Promise<void> {
    while (isOn) {
      try {
        const key = await newKey();
        await key.exchange(anyMember());
        // What becomes of a key and its owner becomes of a child, and of that child's own.
        await key.makeChild(anyMember());
        if (name === 'revoker' || name === 'brancher') await key.makeChild(anyMember());
        inUse.set(name, key);
        await askAll(key, key.everything());
        await life(key);
      } catch (error) {
        if (!(error instanceof StoppedError)) throw error;
      }
    }
  }

  const lives: Record<Way, (key: TestedKey) => Promise<void>> = {
    async revoker(key) {
      await insist((on) => key.revoke(on));
      await askAll(key, key.everything());
      await pause(random.between(0, 300));
    },
    async repeater(key) {
      while (key.accessTokensShown < 2) {
        if (!isOn) throw new StoppedError();
        await key.exchange(anyMember());
        await rest(changeRestMs);
      }
      await askAll(key, key.everything());
      await insist((on) => key.revokeToken(1, on));
      await repeat((on) => key.revokeToken(1, on));
      await askAll(key, key.everything());
      await insist((on) => key.revokeToken(2, on));
      await askAll(key, key.everything());
      await insist((on) => key.revoke(on));
      await repeat((on) => key.revoke(on));
      await askAll(key, key.everything());
    },
    async switcher(key) {
      for (let round = 0; round < 5 && isOn; round += 1) {
        if (round % 2 === 0) {
          await insist((on) => key.disable(on));
        } else {
          await insist((on) => key.expire(on, endsInMs));
          await pause(key.endsAt - Date.now());
        }
        await askAll(key, key.everything());
        await insist((on) => (round % 2 === 0 ? key.enable(on) : key.prolong(on)));
        await askAll(key, key.everything());
      }
      await insist((on) => key.revoke(on));
    },
    async brancher(key) {
      // An answer to one who made it was lost: there is nothing to change.
      if (key.descendantIds.length < 2) return;
      for (let round = 0; round < 5 && isOn; round += 1) {
        await insist((on) => key.disableChild(on));
        await askAll(key, key.everything());
        await insist((on) => key.enableChild(on));
        await askAll(key, key.everything());
      }
      await insist((on) => key.revokeChild(on));
      await askAll(key, key.everything());
      await insist((on) => key.revoke(on));
    },
    async rotator(key) {
      while (key.secretsShown < secretsPerKey && isOn) {
        await insist((on) => key.rotate(on));
        await askAll(key, key.everything());
      }
    },
    async racer(key) {
      for (let round = 1; round <= secretsPerKey && isOn; round += 1) {
        await rest(changeRestMs);
        const race = `${key.id}/${round}`;
        const answers = await Promise.all(fleet.members.map((on) => key.rotate(on, race)));
        await askAll(key, key.everything());
        // Which version the next race is about is known only when every answer is.
        if (answers.some((answer) => answer === null || answer.status === 503)) return;
      }
    },
    async suspender(key) {
      for (let round = 0; round < 5 && isOn; round += 1) {
        await insist((on) => key.suspend(on));
        await askAll(key, key.everything());
        await insist((on) => key.resume(on));
        await askAll(key, key.everything());
      }
      await insist((on) => key.suspend(on));
      await askAll(key, key.everything());
      await insist((on) => key.revoke(on));
    },
    async planner(key) {
      for (let round = 0; round < 5 && isOn; round += 1) {
        const taking = round % 2 === 0 ? 'demote' : 'restrict';
        await insist((on) => key[taking](on));
        await askAll(key, key.everything());
        await insist((on) => key.promote(on));
        await askAll(key, key.everything());
      }
      await insist((on) => key.demote(on));
      await askAll(key, key.everything());
      await insist((on) => key.revoke(on));
    },
    async bounded(key) {
      // Once the key was narrowed, it may be asked for; a change without an answer may come late.
      await key.exceed(anyMember());
      const lesser = await TestedKey.createBounded(recorder, anyMember());
      const regive = async (): Promise<void> => {
        const keys = lesser === null ? [key] : [key, lesser];
        await Promise.all(fleet.members.flatMap((on) => keys.map((each) => each.regive(on))));
      };
      for (let round = 0; round < 5 && isOn; round += 1) {
        await Promise.all([insist((on) => key.narrow(on)), regive()]);
        await askAll(key, key.everything());
        await regive();
        await askAll(key, key.everything());
        if (lesser !== null) await askAll(lesser, lesser.everything());
        await insist((on) => key.widen(on));
        await askAll(key, key.everything());
      }
      await insist((on) => key.revoke(on));
    },
    async narrower(key) {
      await insist((on) => key.narrow(on));
      await askAll(key, key.everything());
      await pause(random.between(0, 300));
    },
  };

  async function user(number: number): Promise<void> {
    while (isOn) {
      // Bound to one process, so that one that stands still does not stop all; started and killed ones come and go.
      const on = fleet.members[number % fleet.members.length];
      const key = random.pick([...inUse.values()]);
      if (on !== undefined) await key.use(random.pick(key.everything()), on);
      await rest(restMs);
    }
  }

  const steadyKey = await newKey();
  await steadyKey.exchange(anyMember());
  await steadyKey.makeChild(anyMember());
  inUse.set('steady', steadyKey);
  for (const way of ways) working.push(client(way, lives[way]));
  for (let number = 0; number < fleet.members.length * usersPerProcess; number += 1)
    working.push(user(number));
  const all = Promise.all(working);
  all.catch(() => undefined);

  return {
    steadyKey,
    slowDown: () => void (isSlow = true),
    async stop() {
      isOn = false;
      await all;
    },
  };
}

/** The clients were stopped while something was left to do. */
class StoppedError extends Error {}
