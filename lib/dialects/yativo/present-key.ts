import type { ApiKeyRecord } from '../../domain/api-key.js';
import { getExpiresAt } from '../../domain/key-lifetime.js';
import { getKeyState } from '../../domain/key-state.js';
import { toKeyId, yativoFormat } from './yativo-format.js';

/** A key with the fields of every generation of the documents at once. `null` means none. */
export interface PresentedKey {
  readonly id: string;
  readonly key_id: string;
  readonly api_key: string;
  readonly name: string;
  readonly key_name: string;
  readonly permissions: readonly string[];
  readonly scopes: readonly string[];
  /** Beside the documented values there is `disabled`: an admin of the app has disabled the key. */
  readonly status: string;
  readonly is_revoked: boolean;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
  readonly rate_limit: {
    readonly requests_per_minute: number | null;
    readonly requests_per_hour: number | null;
    readonly requests_per_day: number | null;
  };
  /** `null`: the configured lifetime of all tokens of the app. */
  readonly token_expiry_minutes: number | null;
}

/** @param now - epoch milliseconds; determines the status */
export function presentKey(record: ApiKeyRecord, now: number): PresentedKey {
  const { tokenLifetimeSeconds } = record;
  return {
    id: toKeyId(record.id),
    key_id: toKeyId(record.id),
    api_key: yativoFormat.toClientId(record.id),
    name: record.name,
    key_name: record.name,
    permissions: record.scopes,
    scopes: record.scopes,
    status: getKeyState(record, now),
    is_revoked: record.revokedAt !== null,
    created_at: formatTime(record.createdAt),
    expires_at: formatTimeOrNull(getExpiresAt(record)),
    revoked_at: formatTimeOrNull(record.revokedAt),
    last_used_at: formatTimeOrNull(record.lastUsedAt),
    rate_limit: {
      requests_per_minute: findLimit(record, 60),
      requests_per_hour: findLimit(record, 3600),
      requests_per_day: findLimit(record, 86_400),
    },
    token_expiry_minutes: tokenLifetimeSeconds === null ? null : tokenLifetimeSeconds / 60,
  };
}

/** The lowest limit of a key in windows of one length. An admin of the app may have changed them. */
function findLimit({ rateLimits }: ApiKeyRecord, windowSeconds: number): number | null {
  const limits = rateLimits.filter((each) => each.windowSeconds === windowSeconds).map(({ limit }) => limit);
  return limits.length === 0 ? null : Math.min(...limits);
}

function formatTimeOrNull(time: number | null): string | null {
  return time === null ? null : formatTime(time);
}

function formatTime(time: number): string {
  return new Date(time).toISOString();
}
