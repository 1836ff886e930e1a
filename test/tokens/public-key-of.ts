import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyStore, PublicKeyCredential } from '../../lib/store/index.js';

/** Gives a stored key a public key beside its secret. */
export async function addPublicKey(
  store: KeyStore,
  keyId: string,
  privateKey: KeyObject,
  id = 'publicKey001',
): Promise<void> {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const record = await store.find(keyId);
  if (record === null) throw new Error('there is no such key');
  const credential: PublicKeyCredential = {
    id,
    kind: 'public-key',
    algorithm: privateKey.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa',
    spki: spki.toString('base64'),
    sha256Fingerprint: createHash('sha256').update(spki).digest('hex'),
    md5Fingerprint: '',
    createdAt: record.createdAt,
    endedAt: null,
    endsAt: null,
    graceFromFirstUseSeconds: null,
  };
  await store.transact((transaction) =>
    transaction.update(
      { ...record, version: record.version + 1, credentials: [credential, ...record.credentials] },
      {
        action: 'key.updated',
        keyId,
        keyspace: record.keyspace,
        ownerId: record.ownerId,
        keyVersion: record.version + 1,
        changedFields: ['credentials'],
        actor: { kind: 'application', id: null },
        address: null,
        requestId: null,
        at: record.updatedAt,
      },
    ),
  );
}
