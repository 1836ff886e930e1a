import type { ApiKeys, ApiKeysOptions } from '../../../lib/index.js';
import { memoryStore } from '../../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../../harness/instance.js';
import type { WatchedMachine } from '../../harness/machine-watch.js';
import { redisCli } from '../../servers/redis-cli.cjs';

type Store = ReturnType<typeof memoryStore>;

/** Two, so that writes touch an entry of each. */
const peppers = ['the first pepper of tests, for this folder', 'the second pepper of tests, for this folder'];
/** Redis lets entries run out by the time of day, so a clock that stands still will not do. */
const clock = { now: () => Date.now() };

/** Why the store was asked for a key. */
export interface CountedStore extends Store {
  /** How often a key was read from it. */
  readonly reads: () => number;
}

/** A store in memory that counts how often verification had to ask it. */
export function countedStore(): CountedStore {
  const store = memoryStore();
  let reads = 0;
  return {
    ...store,
    find(...args) {
      reads += 1;
      return store.find(...args);
    },
    reads: () => reads,
  };
}

const opened: ApiKeys<Scope>[] = [];

/** An instance that is ready, and caches no keys of its own unless configured: each check queries Redis. */
export async function openInstance(options: Partial<ApiKeysOptions<Scope>>): Promise<TestInstance> {
  const instance = createInstance({ clock, pepper: peppers, cache: false, ...options });
  opened.push(instance.apiKeys);
  await instance.apiKeys.ready();
  return instance;
}

/** To be called after each test. */
export async function closeInstances(): Promise<void> {
  await Promise.all(opened.splice(0).map((apiKeys) => apiKeys.close()));
}

/** What a key was answered with: `allowed`, the code of a refusal, or the code of an error. */
export async function answerTo({ apiKeys }: TestInstance, token: string): Promise<string> {
  try {
    const verdict = await apiKeys.keys.verify({ key: token });
    return verdict.allowed ? 'allowed' : verdict.code;
  } catch (error) {
    return `error ${String((error as { code?: unknown }).code)}`;
  }
}

/** What came of using keys for a while. */
export interface Load {
  /** Every answer that was given so far, each once. */
  readonly answers: () => ReadonlySet<string>;
  readonly count: () => number;
  /** Expects that no check took longer, not counting what the machine took. */
  expectEachWithin(boundMs: number, machine: WatchedMachine): Promise<void>;
  stop(): Promise<void>;
}

/** Uses keys in turn on each instance, one after the other, until it is stopped. */
export function useKeys(instances: readonly TestInstance[], tokens: readonly string[]): Load {
  const answers = new Set<string>();
  let [count, isOn] = [0, true];
  let slowest = { ms: 0, until: 0 };
  const user = async (instance: TestInstance): Promise<void> => {
    for (let turn = 0; isOn; turn += 1) {
      const startedAt = performance.now();
      answers.add(await answerTo(instance, tokens[turn % tokens.length] ?? ''));
      const until = performance.now();
      if (until - startedAt > slowest.ms) slowest = { ms: until - startedAt, until };
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const users = Promise.all(instances.map(user));
  return {
    answers: () => answers,
    count: () => count,
    expectEachWithin: (boundMs, machine) => machine.expectWithin(boundMs, slowest.ms, slowest.until),
    async stop() {
      isOn = false;
      await users;
    },
  };
}

/** Whether Redis counts as up in every instance. */
export function areUp(instances: readonly TestInstance[]): boolean {
  return instances.every(({ apiKeys }) => apiKeys.status().redis === 'up');
}

/** The names of all keys that one server holds. */
export async function namesHeld(port: number): Promise<string[]> {
  return JSON.parse(await redisCli(port, ['--json', 'KEYS', '*'])) as string[];
}

/** The entries of one key that a server holds, name -> version. */
export async function versionsHeld(port: number, keyId: string): Promise<number[]> {
  const names = (await namesHeld(port)).filter((name) => name.endsWith(`{${keyId}}`));
  const texts = await Promise.all(names.map((name) => redisCli(port, ['--raw', 'GET', name])));
  // An entry is `mac.version.sequence.hash.usableUntil.content`.
  return texts.map((text) => Number(text.split('.')[1]));
}
