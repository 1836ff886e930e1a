import type { AuditAction } from './audit-entry.js';

/** What can be chosen: the types of changes and notices. */
export type EventType =
  | 'api_key.created'
  | 'api_key.imported'
  | 'api_key.updated'
  | 'api_key.enabled'
  | 'api_key.disabled'
  | 'api_key.rotated'
  | 'api_key.grace_started'
  | 'api_key.revoked'
  | 'api_key.erased'
  | 'api_key.removed'
  | 'api_key.expiring'
  | 'access_token.revoked'
  | 'owner.suspended'
  | 'owner.resumed'
  | 'owner.updated'
  | 'owner.erased'
  | 'audit.trimmed'
  | 'webhook.created'
  | 'webhook.updated'
  | 'webhook.secret_rotated'
  | 'webhook.disabled'
  | 'webhook.deleted';

/**
 * The type of the event that an entry of the audit trail is delivered as; `null` for what is neither a change nor a notice. A
 * record, so that the compiler finds a missing action.
 */
export const eventTypes: Readonly<Record<AuditAction, EventType | null>> = {
  'key.created': 'api_key.created',
  'key.imported': 'api_key.imported',
  'key.updated': 'api_key.updated',
  'key.enabled': 'api_key.enabled',
  'key.disabled': 'api_key.disabled',
  'key.rotated': 'api_key.rotated',
  'key.grace_started': 'api_key.grace_started',
  'key.revoked': 'api_key.revoked',
  'key.erased': 'api_key.erased',
  'key.removed': 'api_key.removed',
  'key.carried': null,
  'key.expiring': 'api_key.expiring',
  'token.revoked': 'access_token.revoked',
  'owner.suspended': 'owner.suspended',
  'owner.resumed': 'owner.resumed',
  'owner.updated': 'owner.updated',
  'owner.erased': 'owner.erased',
  'audit.trimmed': 'audit.trimmed',
  'webhook.created': 'webhook.created',
  'webhook.updated': 'webhook.updated',
  'webhook.secret_rotated': 'webhook.secret_rotated',
  'webhook.disabled': 'webhook.disabled',
  'webhook.deleted': 'webhook.deleted',
};

/** Every type that can be chosen, in the order of a key's lifecycle. */
export const eventTypeNames: readonly EventType[] = Object.values(eventTypes).filter((type) => type !== null);

/** Reports entries that retention removed before they were delivered. It cannot be chosen: it is always delivered. */
export const missedEventType = 'events.missed';

/** What an endpoint gets when somebody tests it. */
export const testEventType = 'webhook.test';
