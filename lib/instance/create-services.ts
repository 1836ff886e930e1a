import { createAuditService } from '../audit/audit-service.js';
import type { ObservationRecorder } from '../audit/observation-recorder.js';
import { createCursorSigner, createResumeSigner } from '../crypto/cursor-signer.js';
import type { Pepper } from '../crypto/peppers.js';
import { createRandomSource } from '../crypto/random-source.js';
import { createSecretDigester } from '../crypto/secret-digester.js';
import { createSecretSealer } from '../crypto/secret-sealer.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { createKeyService } from '../manage/key-service.js';
import type { ManagePorts } from '../manage/manage-ports.js';
import { createWebhookService } from '../events/webhook-service.js';
import { createOwnerService } from '../manage/owner-service.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { ChangeAnnouncer } from '../ports/change-announcer.js';
import type { KeyStore } from '../ports/key-store.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import { createWebhookSender } from '../webhooks/create-webhook-sender.js';
import type { Running } from './running.js';

/** What the services of the management side need. */
export interface ServicesParts {
  readonly options: ResolvedOptions;
  readonly store: KeyStore;
  readonly changes: ChangeAnnouncer;
  readonly keyspaces: Keyspaces;
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly sealer: AuditSealer;
  readonly hasher: SecretHasher;
  readonly observed: Pick<ObservationRecorder, 'flush' | 'clear'>;
}

/** Creates the services that manage keys and read the audit trail. */
export function createServices(
  parts: ServicesParts,
): Pick<Running, 'service' | 'createServiceFor' | 'owners' | 'audit' | 'webhooks'> {
  const { options, store, changes, keyspaces, peppers, sealer, hasher, observed } = parts;
  const { clock } = options;
  const digester = createSecretDigester(peppers);
  const secretSealer = createSecretSealer(peppers);
  const random = createRandomSource();
  const cursorSigner = createCursorSigner(peppers);

  function createPorts(keyspace: Keyspace, onlyKeyspace: string | null): ManagePorts {
    return {
      store,
      changes,
      hasher,
      digester,
      secretSealer,
      random,
      cursorSigner,
      clock,
      keyspace,
      onlyKeyspace,
      keyspaces,
    };
  }

  return {
    service: createKeyService(createPorts(keyspaces.native, null)),
    createServiceFor: (keyspace) => createKeyService(createPorts(keyspace, keyspace.name)),
    webhooks:
      options.events.webhooks === null
        ? null
        : createWebhookService({
            ...{ store, secretSealer, random, cursorSigner, clock, keyspace: keyspaces.native },
            sender: createWebhookSender(options.events.webhooks),
          }),
    owners: createOwnerService(createPorts(keyspaces.native, null)),
    audit: createAuditService({
      store,
      observed,
      sealer,
      cursorSigner,
      resumeSigner: createResumeSigner(peppers),
      clock,
      keyspaces,
      onlyKeyspace: null,
    }),
  };
}
