import { expressionBuilder, sql, type Expression, type RawBuilder, type SqlBool } from 'kysely';
import { idleToleranceMs } from '../../domain/key-lifetime.js';
import { dayMs } from '../../domain/day-ms.js';
import type { EnforcedLifetime } from '../../domain/enforced-lifetime.js';
import type { LifetimeBounds } from '../../domain/lifetime-bounds.js';
import type { IdleQuery, KeyQuery } from '../../ports/key-store.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

type Time = RawBuilder<number | null>;

/** Stands for no bound where a missing row is null. */
const unbounded = -1;

/** A number of days: in 64 bits, because the milliseconds of ten years have more than 32. */
function toDays(days: number): Expression<unknown> {
  return sql`cast(${days} as bigint)`;
}

/** The rules of lib/domain/key-lifetime.ts in SQL. */
export class LifetimeConditions {
  readonly #dialect: SqlDialect;
  /** Builds queries with the tables of the schema. */
  readonly #keys = expressionBuilder<Tables, 'keys'>();
  readonly #enforced: NonNullable<KeyQuery['enforced']>;

  constructor(dialect: SqlDialect, enforced: KeyQuery['enforced']) {
    this.#dialect = dialect;
    this.#enforced = enforced ?? {};
  }

  /** When a key expires; null: never. See `getExpiresAt`. */
  get expiresAt(): Time {
    return this.#byKeyspace(sql`keys.expires_at`, 'maxLifetimeDays', (days) => {
      return this.#minIfAny(
        sql`keys.expires_at`,
        sql`(keys.created_at + ${days} * cast(${dayMs} as bigint))`,
      );
    });
  }

  /** For how many days a key may stay unused; null: for ever. See `getMaxIdleDays`. */
  get #maxIdleDays(): Time {
    return this.#byKeyspace(sql`keys.max_idle_days`, 'maxIdleDays', (days) =>
      this.#minIfAny(sql`keys.max_idle_days`, days),
    );
  }

  /** The idle end of a key; null: none. See `getIdleAt`. */
  get idleAt(): Time {
    const lastUse = this.#keys
      .selectFrom('key_uses as used')
      .select('used.last_used_at')
      .whereRef('used.key_id', '=', 'keys.id');
    const since = this.#max(sql`coalesce(keys.activated_at, keys.created_at)`, sql`coalesce(${lastUse}, 0)`);
    return sql`${since} + ${dayMs} * (${this.#maxIdleDays})`;
  }

  /** Whether a key that is neither revoked nor disabled is expired. See `getKeyState`. */
  isExpired(now: number): Expression<SqlBool> {
    const isIdle = sql`coalesce(${this.idleAt} <= ${now - idleToleranceMs}, false)`;
    return sql`(coalesce(${this.expiresAt} <= ${now}, false) or ${isIdle})`;
  }

  /** The conditions of an {@link IdleQuery}. */
  matchIdle({ after, before, withoutNotice }: IdleQuery): Expression<SqlBool> {
    const isBetween = sql<SqlBool>`(${this.idleAt} > ${after} and ${this.idleAt} < ${before})`;
    if (withoutNotice === undefined) return isBetween;
    const hasRoom = sql`${dayMs} * (${this.#maxIdleDays}) >= ${withoutNotice * 2000}`;
    return sql`(${isBetween} and ${hasRoom} and not ${this.#hasNotice(this.idleAt, withoutNotice)})`;
  }

  /** Whether there is no notice of the key's end for this threshold. */
  lacksNotice(thresholdSeconds: number): Expression<SqlBool> {
    return sql`(not ${this.#hasNotice(this.expiresAt, thresholdSeconds)})`;
  }

  #hasNotice(end: Time, thresholdSeconds: number): Expression<SqlBool> {
    return this.#keys.exists(
      this.#keys
        .selectFrom('expiry_notices as notice')
        .select('notice.key_id')
        .whereRef('notice.key_id', '=', 'keys.id')
        .where('notice.expires_at', '=', sql<number>`${end}`)
        .where('notice.threshold_seconds', '=', thresholdSeconds),
    );
  }

  /** A value of a key, except in the keyspaces where a bound is enforced. */
  #byKeyspace(
    stored: RawBuilder<unknown>,
    bound: 'maxLifetimeDays' | 'maxIdleDays',
    bounded: (days: Expression<unknown>) => Expression<unknown>,
  ): Time {
    const cases = Object.entries(this.#enforced).flatMap(([keyspace, enforced]) => {
      const days = this.#getDays(enforced, bound);
      return days === null ? [] : [sql`when keys.keyspace = ${keyspace} then ${bounded(days)}`];
    });
    if (cases.length === 0) return stored as Time;
    return sql`(case ${sql.join(cases, sql` `)} else ${stored} end)`;
  }

  /** A bound in days; `null` where there is none. See `resolveEnforced`. */
  #getDays({ plans, ...common }: EnforcedLifetime, bound: keyof LifetimeBounds): Expression<unknown> | null {
    const days = common[bound];
    if (plans === undefined) return days === null ? null : toDays(days);
    const name = sql.ref('owner.plan');
    const cases = Object.entries(plans).map(
      ([plan, { [bound]: ofPlan }]) => sql`when ${name} = ${plan} then ${toDays(ofPlan ?? unbounded)}`,
    );
    const { isNamed, isNull, value } = this.#readOverride(bound);
    const ofOwner = this.#keys
      .selectFrom('owners as owner')
      .select(
        sql`case when ${isNull} then ${toDays(unbounded)} when ${isNamed} then ${value} ${sql.join(cases, sql` `)} else ${toDays(
          days ?? unbounded,
        )} end`.as('days'),
      )
      .whereRef('owner.owner_id', '=', 'keys.owner_id');
    return sql`nullif(coalesce(${ofOwner}, ${toDays(days ?? unbounded)}), ${toDays(unbounded)})`;
  }

  /** A member of the overrides of an owner, which are stored as JSON. */
  #readOverride(member: keyof LifetimeBounds): {
    readonly isNamed: Expression<unknown>;
    readonly isNull: Expression<unknown>;
    readonly value: Expression<unknown>;
  } {
    const isPostgres = this.#dialect === 'postgres';
    const stored = sql.ref('owner.overrides');
    const type = isPostgres
      ? sql`json_typeof(${stored}::json -> cast(${member} as text))`
      : sql`json_type(${stored}, ${`$.${member}`})`;
    const value = isPostgres
      ? sql`(${stored}::json ->> cast(${member} as text))`
      : sql`json_extract(${stored}, ${`$.${member}`})`;
    return {
      isNull: sql`${type} = 'null'`,
      isNamed: sql`${type} is not null`,
      value: sql`cast(${value} as bigint)`,
    };
  }

  /** The lesser of two numbers; the other one where one is null. */
  #minIfAny(one: Expression<unknown>, other: Expression<unknown>): Expression<unknown> {
    return this.#min(sql`coalesce(${one}, ${other})`, sql`coalesce(${other}, ${one})`);
  }

  #min(one: Expression<unknown>, other: Expression<unknown>): Expression<unknown> {
    return this.#dialect === 'postgres' ? sql`least(${one}, ${other})` : sql`min(${one}, ${other})`;
  }

  #max(one: Expression<unknown>, other: Expression<unknown>): Expression<unknown> {
    return this.#dialect === 'postgres' ? sql`greatest(${one}, ${other})` : sql`max(${one}, ${other})`;
  }
}
