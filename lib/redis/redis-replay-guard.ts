import { hash } from 'node:crypto';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { ReplayAnswer, ReplayGuard } from '../ports/replay-guard.js';
import { OutageLog } from './outage-log.js';
import { readInteger, refuseAnswer } from './read-answer.js';
import type { ManagedRedis } from './managed-redis.js';
import { recordedUntilScript, replayScript } from './replay-script.js';
import { runScript } from './run-script.js';

/**
 * The number of sets, which spread the load over the nodes of a Cluster. It must never change, because a name has one
 * place.
 */
const places = 16;

/** The connection that used signatures are recorded over. */
export interface RedisReplayGuardParts {
  /** Opened and closed by its creator. */
  readonly redis: ManagedRedis;
  /** What every Redis key begins with. */
  readonly keyPrefix: string;
  /** How far the clocks of signers may be ahead, in milliseconds. */
  readonly skewMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A replay guard that is opened before it is used. */
export interface RedisReplayGuard extends ReplayGuard {
  /**
   * Starts recording where nothing is recorded yet: the sooner, the fewer signatures are refused. Repeated after each
   * new connection, which may lead to another server. Not waited for.
   */
  open(): void;
  close(): void;
}

/**
 * Records used signatures in Redis, for all processes together. While Redis is unreachable, or accepts no writes, it
 * is unknown whether a signature was used.
 */
export function createRedisReplayGuard(parts: RedisReplayGuardParts): RedisReplayGuard {
  const { redis, keyPrefix, skewMs, clock, logger } = parts;
  const { client } = redis;
  const outage = new OutageLog(logger, {
    begins: 'signed requests are answered with 503',
    ends: (lost) => `signatures can be checked again; ${lost} signed requests were answered with 503`,
  });
  const formatSetName = (place: number): string => `${keyPrefix}replay:{${place}}`;
  const begin = (): void => {
    for (let place = 0; place < places; place += 1) void takeOnServer(place, []);
  };

  /** @param values - the name to take and its times, as the script takes them; empty only to start recording */
  function takeOnServer(place: number, values: readonly string[]): Promise<ReplayAnswer> {
    // A connection is enough to start recording; `redis` is usable only after the reply to its probe.
    const isReady = values.length === 0 ? client.status === 'ready' : redis.isUsable();
    if (!isReady) {
      if (values.length > 0 && !redis.isClosed()) outage.skipped(1);
      return Promise.resolve('unknown');
    }
    const name = formatSetName(place);
    return new Promise((resolve) => {
      redis.exchange(
        () => runScript(client, replayScript, [name], [String(clock.now()), ...values]),
        readReply,
        (answer) => {
          outage.worked();
          // Where one set was lost, the others may be lost too: they start together, so that their refusals end
          // together.
          if (answer === begun && values.length > 0) begin();
          resolve(answer === 0 ? 'first' : answer === 1 ? 'used' : 'unknown');
        },
        (error) => {
          outage.failed(error, values.length > 0 ? 1 : 0);
          resolve('unknown');
        },
      );
    });
  }

  return {
    take({ name, signedAt, rememberUntil }) {
      return takeOnServer(choosePlace(name), [name, String(rememberUntil), String(signedAt), String(skewMs)]);
    },

    isUsed({ name, now }) {
      if (!redis.isUsable()) return Promise.resolve(false);
      return new Promise((resolve) => {
        redis.exchange(
          () => runScript(client, recordedUntilScript, [formatSetName(choosePlace(name))], [name]),
          readEnd,
          (rememberUntil) => resolve(rememberUntil !== null && rememberUntil > now),
          // Logged when the signature is taken.
          () => resolve(false),
        );
      });
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
/** Reads one of the four numbers that the script returns. */
function readReply(answer: unknown): number {
  const number = readInteger(answer);
  return number >= 0 && number <= begun ? number : refuseAnswer();
}

/** Reads until when a name is recorded; `null`: it is not. */
function readEnd(answer: unknown): number | null {
  return answer === null ? null : readInteger(answer);
}

function choosePlace(name: string): number {
  return Number.parseInt(hash('sha256', name, 'hex').slice(0, 1), places);
}
