import type { Owner } from '../../domain/owner-view.js';
import type { Page } from '../../manage/list-page.js';
import type { OwnerCommands } from '../instance-commands.js';
import { readChange } from './read-change.js';
import type { RemoteClient } from './remote-client.js';

/** The commands about owners, over HTTP. */
export function createRemoteOwners(client: RemoteClient): OwnerCommands {
  async function change<T>(name: 'suspend' | 'resume', input: object): Promise<T> {
    const { ownerId, ...body } = input as { readonly ownerId: string };
    const answer = await client.ask({ method: 'POST', path: ['owners', ownerId, name], body });
    return readChange<T>(
      answer,
      (owner) =>
        owner['ownerId'] === ownerId && (typeof owner['suspendedAt'] === 'string') === (name === 'suspend'),
    );
  }
  return {
    list: async (query) => (await client.send({ path: ['owners'], query })) as Page<Owner>,
    suspend: (input) => change('suspend', input),
    resume: (input) => change('resume', input),
  };
}
