import { randomUUID } from 'node:crypto';
import type { ApiKey } from '../../domain/api-key-view.js';
import type { KeyUsage } from '../../domain/usage-view.js';
import type { PostureItem } from '../../domain/posture-view.js';
import type { Page } from '../../manage/list-page.js';
import { CommandError } from '../command-error.js';
import type { ChangedKey, GivenInput, KeyCommands, KeyWithToken } from '../instance-commands.js';
import { listAll } from '../list-all.js';
import { notEverywhereExitCode } from '../report-change.js';
import { readChange } from './read-change.js';
import type { RemoteClient, RemoteRequest } from './remote-client.js';

/** How often the list of an owner is read again for keys that came in between. */
const maxRounds = 10;

/** The commands about keys, over HTTP. */
export function createRemoteKeys(client: RemoteClient): KeyCommands {
  const change = async <T>(
    request: RemoteRequest,
    isMade: (made: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<T> => readChange<T>(await client.ask(request), isMade);
  const list = async (query: GivenInput): Promise<Page<ApiKey>> => {
    const page = (await client.send({ path: ['keys'], query })) as Page<ApiKey> | null;
    if (!Array.isArray(page?.items)) throw new CommandError('The answer is no list of keys.');
    return page;
  };
  const revoke = ({ id, ...body }: Readonly<Record<string, unknown>>): Promise<ChangedKey> =>
    change(
      { method: 'POST', path: ['keys', String(id), 'revoke'], body },
      (key) => key['id'] === id && key['state'] === 'revoked',
    );

  /**
   * Revokes a revoked key once more, which is confirmed by every process that was listed before: an earlier call may have ended before
   * all of them had seen its changes.
   */
  async function confirmEarlier(key: ApiKey | undefined): Promise<void> {
    if (key === undefined) return;
    const { effectiveBy } = await revoke({ id: key.id });
    if (effectiveBy !== null)
      throw new CommandError(
        `No key was left to revoke, but a process has not confirmed earlier changes: they are everywhere by ${effectiveBy.toISOString()}.`,
        notEverywhereExitCode,
      );
  }

  return {
    list,
    get: async (input) => (await client.send({ path: ['keys', readId(input)] })) as ApiKey | null,
    create: (body) =>
      change<KeyWithToken>({ method: 'POST', path: ['keys'], body, idempotencyKey: randomUUID() }, hasSecret),
    update(input) {
      const { id, ...body } = input as { readonly id: string };
      return change({ method: 'PATCH', path: ['keys', id], body }, (key) => key['id'] === id);
    },
    rotate(input) {
      const { id, ...body } = input as { readonly id: string };
      const path = ['keys', id, 'rotate'];
      return change<KeyWithToken>(
        { method: 'POST', path, body, idempotencyKey: randomUUID() },
        (key) => key['id'] === id && hasSecret(key),
      );
    },
    revoke: (input) => revoke({ ...input }),
    async revokeAll(input) {
      const { ownerId, ...note } = input as { readonly ownerId: string };
      const revoked: ChangedKey[] = [];
      for (let round = 0; round < maxRounds; round += 1) {
        const { items } = await listAll(list, { ownerId }, Infinity);
        const left = items.filter(({ state }) => state !== 'revoked');
        if (left.length === 0) {
          if (revoked.length === 0) await confirmEarlier(items[0]);
          return revoked;
        }
        for (const { id } of left) revoked.push(await revoke({ id, ...note }));
      }
      throw new CommandError(
        `${revoked.length} keys were revoked, and there are still others: keys are being created. Suspend the owner, and run the command again.`,
      );
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

/** A key has a string that is shown this once, unless it only signs. */
function hasSecret({ id, key }: Readonly<Record<string, unknown>>): boolean {
  return typeof id === 'string' && (typeof key === 'string' || key === undefined);
}

function readId(input: GivenInput): string {
  return (input as { readonly id: string }).id;
}
