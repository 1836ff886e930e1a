import type { WebhookService } from '../events/webhook-service.js';
import type { Clock } from '../ports/clock.js';
import { bindCommands, type CommandShape } from './bind-commands.js';
import { readCallActor } from './call-actor.js';
import { createBoundReader, readUnboundCall } from './read-call.js';
import { createWebhookCommands, type WebhookCommands } from './webhook-commands.js';
import type { WebhooksApi } from './webhooks-api.js';

const example = "{ id: 'wh_…' }";
const url = 'https://crm.acme.example/api-keys';
const options = ['expectedVersion'] as const;

const shapes: { readonly [N in keyof WebhookCommands]: CommandShape } = {
  create: { takes: ['url', 'description', 'types', 'enabled'], example: `{ url: '${url}' }` },
  list: { takes: [], example: '{}', isInputOptional: true },
  get: { takes: ['id'], example },
  update: {
    takes: ['id', 'url', 'description', 'types', 'enabled'],
    example: "{ id: 'wh_…', enabled: false }",
    options,
  },
  delete: { takes: ['id'], example, options },
  rotateSecret: { takes: ['id', 'overlapSeconds'], example, options },
  test: { takes: ['id'], example },
  listDeliveries: { takes: ['id', 'dead', 'limit', 'cursor'], example: "{ id: 'wh_…', dead: true }" },
  replay: { takes: ['id', 'sequences'], example },
};

/** Puts the typed face on the management of webhooks. */
export function createWebhooksApi(
  whenReady: () => Promise<{ readonly webhooks: WebhookService | null }>,
  clock: Clock,
): WebhooksApi {
  const commands = createWebhookCommands(whenReady, clock);
  const api = {
    ...bindCommands('webhooks', commands, shapes, readUnboundCall),
    as: (actor: unknown) =>
      bindCommands('webhooks', commands, shapes, createBoundReader(readCallActor('webhooks.as', actor))),
  };
  // What the types promise besides is checked as the commands run: untyped code calls them too.
  return api as WebhooksApi;
}
