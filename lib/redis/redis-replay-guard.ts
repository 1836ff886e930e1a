import { hash } from 'node:crypto';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { ReplayAnswer, ReplayGuard } from '../ports/replay-guard.js';
import { OutageLog } from './outage-log.js';
import { readInteger, refuseAnswer } from './read-answer.js';
import type { ManagedRedis } from './managed-redis.js';
import { replayScript } from './replay-script.js';
import { runScript } from './run-script.js';

/** How many sets there are, so that the nodes of a Cluster share the work. Never changed: a name has one place. */
const places = 16;

/** What remembering signatures in Redis needs. */
export interface RedisReplayGuardParts {
  /** Opened and closed by whoever made it. */
  readonly redis: ManagedRedis;
  /** What every Redis key begins with. */
  readonly keyPrefix: string;
  /** By how much the clocks of signers may be ahead, in milliseconds. */
  readonly skewMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A guard that is told when it begins to be needed. */
export interface RedisReplayGuard extends ReplayGuard {
  /**
   * Begins to remember, where nothing is remembered yet: the sooner, the fewer signatures are refused. Again after each
   * new connection, behind which another server may be. Not waited for.
   */
  open(): void;
  close(): void;
}

/**
 * Remembers signatures in Redis, for all processes together. A Redis that cannot be asked, or that takes no writes, leaves
 * it unknown whether a signature was used.
 */
export function createRedisReplayGuard(parts: RedisReplayGuardParts): RedisReplayGuard {
  const { redis, keyPrefix, skewMs, clock, logger } = parts;
  const { client } = redis;
  const outage = new OutageLog(logger, 'signed requests are answered with 503');
  const begin = (): void => {
    for (let place = 0; place < places; place += 1) void ask(place, []);
  };

  /** @param values - the name that is taken, and what the script needs to know of it; empty to begin only */
  function ask(place: number, values: readonly string[]): Promise<ReplayAnswer> {
    // To begin, a connection is enough: the redis waits for the answer to its probe before it is usable.
    const isReady = values.length === 0 ? client.status === 'ready' : redis.isUsable();
    if (!isReady) return Promise.resolve('unknown');
    const name = `${keyPrefix}replay:{${place}}`;
    return new Promise((resolve) => {
      redis.exchange(
        () => runScript(client, replayScript, [name], [String(clock.now()), ...values]),
        readReply,
        (answer) => {
          outage.worked();
          // Where one was lost, the others may be: they begin together, so that what they refuse ends together.
          if (answer === begun && values.length > 0) begin();
          resolve(answer === 0 ? 'first' : answer === 1 ? 'used' : 'unknown');
        },
        (error) => {
          outage.failed(error);
          resolve('unknown');
        },
      );
    });
  }

  return {
    take({ name, signedAt, rememberUntil }) {
      return ask(placeOf(name), [name, String(rememberUntil), String(signedAt), String(skewMs)]);
    },

    open() {
      client.on('ready', begin);
      begin();
    },

    close() {
      client.off('ready', begin);
    },
  };
}

const begun = 3;
/** One of the four numbers that the script returns. */
function readReply(answer: unknown): number {
  const number = readInteger(answer);
  return number >= 0 && number <= begun ? number : refuseAnswer();
}

function placeOf(name: string): number {
  return Number.parseInt(hash('sha256', name, 'hex').slice(0, 1), places);
}
