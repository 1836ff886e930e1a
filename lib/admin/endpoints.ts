import { deleteKey } from './delete-key.js';
import { deleteOwner } from './delete-owner.js';
import { deleteWebhook } from './delete-webhook.js';
import type { Endpoint, OpenEndpoint } from './endpoint.js';
import { getAudit } from './get-audit.js';
import { getAuditAccess } from './get-audit-access.js';
import { getAuditExport } from './get-audit-export.js';
import { getAuditObserved } from './get-audit-observed.js';
import { getAuditVerify } from './get-audit-verify.js';
import { getCaller } from './get-caller.js';
import { getGrantable } from './get-grantable.js';
import { getKey } from './get-key.js';
import { getKeyUsage } from './get-key-usage.js';
import { getKeys } from './get-keys.js';
import { getOpenapi } from './get-openapi.js';
import { getOwner } from './get-owner.js';
import { getOwners } from './get-owners.js';
import { getPosture } from './get-posture.js';
import { getSelf } from './get-self.js';
import { getStatus } from './get-status.js';
import { getWebhook } from './get-webhook.js';
import { getWebhookDeliveries } from './get-webhook-deliveries.js';
import { getWebhooks } from './get-webhooks.js';
import { patchKey } from './patch-key.js';
import { patchWebhook } from './patch-webhook.js';
import { postKeyRevoke } from './post-key-revoke.js';
import { postKeyRotate } from './post-key-rotate.js';
import { postKeys } from './post-keys.js';
import { postKeysImport } from './post-keys-import.js';
import { postOwnerResume } from './post-owner-resume.js';
import { postPlanImpact } from './post-plan-impact.js';
import { postOwnerSuspend } from './post-owner-suspend.js';
import { postSelfRevoke } from './post-self-revoke.js';
import { postWebhookReplay } from './post-webhook-replay.js';
import { postWebhookRotateSecret } from './post-webhook-rotate-secret.js';
import { postWebhookTest } from './post-webhook-test.js';
import { postWebhooks } from './post-webhooks.js';
import { putOwner } from './put-owner.js';
import type { StepUpOperation } from '../http/step-up-options.js';

interface Route {
  readonly method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  readonly path: string;
}

/** An endpoint that requires authentication: of an actor by `authorize`, or by an API key. */
export interface AskingRow extends Route {
  readonly access: 'actor' | 'holder';
  /** The operation that a second factor can be required for; omitted if none can. */
  readonly operation?: StepUpOperation;
  /** Whether it imports keys: refused to all but admins before anything is read of the request. */
  readonly imports?: true;
  readonly endpoint: Endpoint;
}

/** An endpoint that requires no authentication; it never has access to keys. */
export interface OpenRow extends Route {
  readonly access: 'anyone';
  readonly operation?: undefined;
  readonly endpoint: OpenEndpoint;
}

/** One row of the table. Every row has `access`: an endpoint without authentication declares that explicitly. */
export type EndpointRow = AskingRow | OpenRow;

/** Every endpoint of the admin router. */
export const endpoints: readonly EndpointRow[] = [
  { method: 'post', path: '/keys', access: 'actor', operation: 'create', endpoint: postKeys },
  { method: 'get', path: '/keys', access: 'actor', endpoint: getKeys },
  // Before the path that it matches too. What is imported is created: without the operation, it would get past the second factor.
  {
    ...{ method: 'post', path: '/keys/import', access: 'actor', operation: 'create', imports: true },
    endpoint: postKeysImport,
  },
  { method: 'get', path: '/keys/:id', access: 'actor', endpoint: getKey },
  { method: 'get', path: '/keys/:id/usage', access: 'actor', endpoint: getKeyUsage },
  { method: 'patch', path: '/keys/:id', access: 'actor', operation: 'update', endpoint: patchKey },
  { method: 'delete', path: '/keys/:id', access: 'actor', operation: 'revoke', endpoint: deleteKey },
  { method: 'post', path: '/keys/:id/rotate', access: 'actor', operation: 'rotate', endpoint: postKeyRotate },
  { method: 'post', path: '/keys/:id/revoke', access: 'actor', operation: 'revoke', endpoint: postKeyRevoke },
  { method: 'get', path: '/caller', access: 'actor', endpoint: getCaller },
  { method: 'get', path: '/grantable', access: 'actor', endpoint: getGrantable },
  { method: 'get', path: '/posture', access: 'actor', endpoint: getPosture },
  { method: 'get', path: '/owners', access: 'actor', endpoint: getOwners },
  { method: 'get', path: '/owners/:ownerId', access: 'actor', endpoint: getOwner },
  {
    ...{ method: 'put', path: '/owners/:ownerId', access: 'actor', operation: 'set' },
    endpoint: putOwner,
  },
  {
    ...{ method: 'post', path: '/owners/:ownerId/suspend', access: 'actor', operation: 'suspend' },
    endpoint: postOwnerSuspend,
  },
  {
    ...{ method: 'post', path: '/owners/:ownerId/resume', access: 'actor', operation: 'resume' },
    endpoint: postOwnerResume,
  },
  {
    ...{ method: 'delete', path: '/owners/:ownerId', access: 'actor', operation: 'erase' },
    endpoint: deleteOwner,
  },
  { method: 'post', path: '/plan-impact', access: 'actor', endpoint: postPlanImpact },
  { method: 'get', path: '/audit', access: 'actor', endpoint: getAudit },
  { method: 'get', path: '/audit/access', access: 'actor', endpoint: getAuditAccess },
  { method: 'get', path: '/audit/observed', access: 'actor', endpoint: getAuditObserved },
  { method: 'get', path: '/audit/export', access: 'actor', endpoint: getAuditExport },
  { method: 'get', path: '/audit/verify', access: 'actor', endpoint: getAuditVerify },
  {
    ...{ method: 'post', path: '/webhooks', access: 'actor', operation: 'create_webhook' },
    endpoint: postWebhooks,
  },
  { method: 'get', path: '/webhooks', access: 'actor', endpoint: getWebhooks },
  { method: 'get', path: '/webhooks/:webhookId', access: 'actor', endpoint: getWebhook },
  {
    ...{ method: 'patch', path: '/webhooks/:webhookId', access: 'actor', operation: 'update_webhook' },
    endpoint: patchWebhook,
  },
  {
    ...{ method: 'delete', path: '/webhooks/:webhookId', access: 'actor', operation: 'delete_webhook' },
    endpoint: deleteWebhook,
  },
  {
    ...{ method: 'post', path: '/webhooks/:webhookId/rotate-secret', access: 'actor' },
    operation: 'rotate_webhook_secret',
    endpoint: postWebhookRotateSecret,
  },
  { method: 'post', path: '/webhooks/:webhookId/test', access: 'actor', endpoint: postWebhookTest },
  { method: 'get', path: '/webhooks/:webhookId/deliveries', access: 'actor', endpoint: getWebhookDeliveries },
  { method: 'post', path: '/webhooks/:webhookId/replay', access: 'actor', endpoint: postWebhookReplay },
  { method: 'get', path: '/status', access: 'actor', endpoint: getStatus },
  { method: 'get', path: '/self', access: 'holder', endpoint: getSelf },
  { method: 'post', path: '/self/revoke', access: 'holder', endpoint: postSelfRevoke },
  { method: 'get', path: '/openapi.json', access: 'anyone', endpoint: getOpenapi },
];
