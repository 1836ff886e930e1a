import type { DatabaseFacts } from '../domain/setup-facts.js';
import type { SchemaMigrations } from '../domain/setup-host.js';

/** Looks at a database without being a process of the feed. It connects for each call, and closes the connection again. */
export interface DatabaseInspector extends SchemaMigrations {
  /**
   * Examines the database; changes nothing, creates no file. Never rejects.
   *
   * @param sample - what is to be found out about the digests of secrets
   */
  inspect(sample: InspectedDigests): Promise<DatabaseFacts>;
}

/** What is needed to judge digests and clocks. */
export interface InspectedDigests {
  /** The ids of the peppers that are configured; `null`: they are not known, so digests are not counted. */
  readonly pepperIds: readonly string[] | null;
  /** The time of this process, epoch milliseconds. */
  readonly now: () => number;
  /** Whether entries of the audit trail are deleted after some time. */
  readonly trimsAudit: boolean;
}
