/** The part of a `Registry` of prom-client (14 or newer) that is used: metrics are read when it is collected. */
export interface PrometheusRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}
