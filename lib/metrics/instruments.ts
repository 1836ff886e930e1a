import type { InstanceStatus } from '../domain/api-keys-status.js';
import { keySources, verificationOutcomes } from '../domain/verification-outcome.js';
import { hashLanes, type EventTally, type HashLane } from './event-tally.js';
import type { VerificationTally } from './verification-tally.js';

/** One value, with labels from closed lists. */
export interface Measurement {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Where values are read from, when somebody collects them. */
export interface MetricReadings {
  readonly verifications: VerificationTally;
  readonly events: EventTally;
  /** Returns the current state without I/O. */
  readonly status: () => InstanceStatus;
  /** How many tasks wait, by the name of the queue. The names are those of the code. */
  readonly queues: () => Readonly<Record<string, number>>;
}

/** Something that is measured, under the names that OpenTelemetry and Prometheus have for it. */
export interface Instrument {
  /** As in OpenTelemetry. */
  readonly name: string;
  /** As in Prometheus: with the unit and, for a counter, `_total`; as a Collector of OpenTelemetry derives it. */
  readonly prometheusName: string;
  readonly kind: 'counter' | 'gauge';
  /** As in UCUM; in braces, what is counted; empty for what is 1 or 0. */
  readonly unit: string;
  readonly description: string;
  /** How values of several processes of a cluster become one. */
  readonly aggregator: 'sum' | 'min' | 'max';
  readonly read: (readings: MetricReadings) => readonly Measurement[];
}

/** The duration of decisions: the one histogram. */
export const durationInstrument = {
  name: 'api_keys.verification.duration',
  prometheusName: 'api_keys_verification_duration_seconds',
  unit: 's',
  description: 'How long a guard took to decide about a request',
} as const;

/** Everything else that is measured. Every series is there from the start, so that the first event is seen as an increase. */
export const instruments: readonly Instrument[] = [
  {
    name: 'api_keys.verifications',
    prometheusName: 'api_keys_verifications_total',
    kind: 'counter',
    unit: '{verification}',
    description: 'Decisions of guards',
    aggregator: 'sum',
    read: ({ verifications }) =>
      verificationOutcomes.flatMap((code) =>
        keySources.map((source) => ({
          labels: { code, source },
          value: verifications.countOf(code, source),
        })),
      ),
  },
  {
    name: 'api_keys.cache.keys',
    prometheusName: 'api_keys_cache_keys',
    kind: 'gauge',
    unit: '{key}',
    description: 'Keys that the process has cached',
    aggregator: 'sum',
    read: ({ status }) => unlabelled(status().cachedKeys),
  },
  {
    name: 'api_keys.feed.lag',
    prometheusName: 'api_keys_feed_lag_seconds',
    kind: 'gauge',
    unit: 's',
    description: 'Since when the process has not read the changes of others',
    aggregator: 'max',
    read: ({ status }) => {
      const { lagMs } = status();
      return lagMs === null ? [] : unlabelled(lagMs / 1_000);
    },
  },
  {
    name: 'api_keys.confirmations',
    prometheusName: 'api_keys_confirmations_total',
    kind: 'counter',
    unit: '{confirmation}',
    description: 'Changes that every process confirmed in time (200), and those that not every one did (202)',
    aggregator: 'sum',
    read: ({ events }) => [
      { labels: { result: 'confirmed' }, value: events.confirmed },
      { labels: { result: 'unconfirmed' }, value: events.unconfirmed },
    ],
  },
  {
    name: 'api_keys.slow_hashes',
    prometheusName: 'api_keys_slow_hashes_total',
    kind: 'counter',
    unit: '{hash}',
    description: 'Slow hashes of secrets that were computed, and those that were refused or took too long',
    aggregator: 'sum',
    read: ({ events }) =>
      Object.entries(hashLanes).flatMap(([key, lane]) => {
        const { done, failed } = events.hashesOf(key as HashLane);
        return [
          { labels: { lane, result: 'done' }, value: done },
          { labels: { lane, result: 'failed' }, value: failed },
        ];
      }),
  },
  {
    name: 'api_keys.queue.waiting',
    prometheusName: 'api_keys_queue_waiting',
    kind: 'gauge',
    unit: '{task}',
    description: 'Slow hashes and changes that wait for their turn',
    aggregator: 'sum',
    read: ({ queues }) => Object.entries(queues()).map(([queue, value]) => ({ labels: { queue }, value })),
  },
  {
    name: 'api_keys.ready',
    prometheusName: 'api_keys_ready',
    kind: 'gauge',
    unit: '',
    description: '1 from the end of ready() until close()',
    aggregator: 'min',
    read: ({ status }) => unlabelled(Number(status().ready)),
  },
  {
    name: 'api_keys.database.up',
    prometheusName: 'api_keys_database_up',
    kind: 'gauge',
    unit: '',
    description: '1 while the database accepts heartbeats',
    aggregator: 'min',
    read: ({ status }) => unlabelled(Number(status().database === 'up')),
  },
  {
    name: 'api_keys.redis.up',
    prometheusName: 'api_keys_redis_up',
    kind: 'gauge',
    unit: '',
    description: '1 while Redis responds; absent without Redis',
    aggregator: 'min',
    read: ({ status }) => {
      const { redis } = status();
      return redis === 'none' ? [] : unlabelled(Number(redis === 'up'));
    },
  },
  {
    name: 'api_keys.limits.mode',
    prometheusName: 'api_keys_limits_mode',
    kind: 'gauge',
    unit: '',
    description: 'Where rate limits are counted: 1 for the mode that applies',
    aggregator: 'max',
    read: ({ status }) => {
      const { limits } = status();
      return limitModes.map((mode) => ({ labels: { mode }, value: Number(mode === limits) }));
    },
  },
  {
    name: 'api_keys.processes',
    prometheusName: 'api_keys_processes',
    kind: 'gauge',
    unit: '{process}',
    description: 'Processes on the same database, this one included',
    aggregator: 'max',
    read: ({ status }) => unlabelled(status().processes),
  },
];

const limitModes: readonly InstanceStatus['limits'][] = ['shared', 'split', 'process', 'refused'];

function unlabelled(value: number): readonly Measurement[] {
  return [{ labels: {}, value }];
}
