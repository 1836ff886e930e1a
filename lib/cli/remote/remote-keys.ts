import { randomUUID } from 'node:crypto';
import type { ApiKey } from '../../domain/api-key-view.js';
import type { KeyUsage } from '../../domain/usage-view.js';
import type { PostureItem } from '../../domain/posture-view.js';
import type { Page } from '../../manage/list-page.js';
import { CommandError } from '../command-error.js';
import type { ChangedKey, GivenInput, KeyCommands, KeyWithToken } from '../instance-commands.js';
import { listAll } from '../list-all.js';
import { readChange } from './read-change.js';
import type { RemoteClient, RemoteRequest } from './remote-client.js';

/** How often the list of an owner is read again for keys that came in between. */
const maxRounds = 10;

/** The commands about keys, over HTTP. */
export function createRemoteKeys(client: RemoteClient): KeyCommands {
  const change = async <T>(request: RemoteRequest): Promise<T> => readChange<T>(await client.send(request));
  const list = async (query: GivenInput): Promise<Page<ApiKey>> =>
    (await client.send({ path: ['keys'], query })) as Page<ApiKey>;
  const revoke = ({ id, ...body }: Readonly<Record<string, unknown>>): Promise<ChangedKey> =>
    change({ method: 'POST', path: ['keys', String(id), 'revoke'], body });

  return {
    list,
    get: async (input) => (await client.send({ path: ['keys', readId(input)] })) as ApiKey | null,
    create: (body) =>
      change<KeyWithToken>({ method: 'POST', path: ['keys'], body, idempotencyKey: randomUUID() }),
    update(input) {
      const { id, ...body } = input as { readonly id: string };
      return change({ method: 'PATCH', path: ['keys', id], body });
    },
    rotate(input) {
      const { id, ...body } = input as { readonly id: string };
      const path = ['keys', id, 'rotate'];
      return change({ method: 'POST', path, body, idempotencyKey: randomUUID() });
    },
    revoke: (input) => revoke({ ...input }),
    async revokeAll(input) {
      const { ownerId, ...note } = input as { readonly ownerId: string };
      const revoked: ChangedKey[] = [];
      for (let round = 0; round < maxRounds; round += 1) {
        const { items } = await listAll(list, { ownerId }, Infinity);
        const left = items.filter(({ state }) => state !== 'revoked');
        if (left.length === 0) break;
        for (const { id } of left) revoked.push(await revoke({ id, ...note }));
      }
      return revoked;
    },
    usage: async (input) => {
      const { id, ...query } = input as { readonly id: string };
      const usage = await client.send({ path: ['keys', id, 'usage'], query });
      if (usage === null) throw new CommandError('There is no key with this id.');
      return usage as KeyUsage;
    },
    posture: async (query) => (await client.send({ path: ['posture'], query })) as Page<PostureItem>,
    import: () => Promise.reject(new CommandError('Keys are imported with --app.', 2)),
  };
}

function readId(input: GivenInput): string {
  return (input as { readonly id: string }).id;
}
