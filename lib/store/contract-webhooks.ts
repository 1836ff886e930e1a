import type { ContractContext } from './contract-context.js';
import { createSampleWebhook, createWebhookEvent, writeWebhook } from './sample-webhooks.js';

/** The endpoints that events are sent to. */
export function describeWebhooks({ describe, it, expect }: ContractContext): void {
  describe('webhooks', () => {
    it('are stored and replaced as a whole, with their entries', async ({ store, other }) => {
      const first = createSampleWebhook();
      const second = createSampleWebhook({
        ...{ url: 'https://other.example/', description: null, types: null },
        ...{ isEnabled: false, disabledReason: 'gone', secrets: [], version: 2 },
      });
      expect(await store.events.findWebhook(first.id)).toBe(null);
      await writeWebhook(store, first);
      expect(await other.events.findWebhook(first.id)).toEqual(first);
      await writeWebhook(other, second);
      expect(await store.events.findWebhook(first.id)).toEqual(second);
      expect(await store.events.findWebhook('wh_\0')).toBe(null);
      const entries = await store.listEvents({ limit: 9 });
      expect(
        entries.map(({ action, webhookId, ownerId, keyId }) => [action, webhookId, ownerId, keyId]),
      ).toEqual([
        ['webhook.updated', first.id, '', null],
        ['webhook.created', first.id, '', null],
      ]);
    });

    it('are replaced and removed at the version that is stored only', async ({ store }) => {
      const webhook = createSampleWebhook();
      await writeWebhook(store, webhook);
      await expect(writeWebhook(store, webhook)).rejects.toThrow();
      await expect(writeWebhook(store, { ...webhook, version: 3 })).rejects.toThrow();
      const remove = (version: number): Promise<void> =>
        store.transact((transaction) =>
          transaction.removeWebhook(
            { id: webhook.id, version },
            createWebhookEvent(webhook, 'webhook.deleted'),
          ),
        );
      await expect(remove(2)).rejects.toThrow();
      expect((await store.trail.head()).sequence).toBe(1);
      await remove(1);
      await expect(remove(1)).rejects.toThrow();
      expect((await store.trail.head()).sequence).toBe(2);
    });

    it('are counted and read in a change, as it stands now', async ({ store }) => {
      const webhook = createSampleWebhook();
      const seen = await store.transact(async (transaction) => {
        const before = await transaction.countWebhooks();
        await transaction.putWebhook(webhook, createWebhookEvent(webhook, 'webhook.created'));
        return [before, await transaction.countWebhooks(), await transaction.findWebhook(webhook.id)];
      });
      expect(seen).toEqual([0, 1, webhook]);
    });

    it('begin with a queue after their own entry, and end with it', async ({ store, other }) => {
      await writeWebhook(store, createSampleWebhook({ id: 'wh_b' }));
      await writeWebhook(store, createSampleWebhook({ id: 'wh_a' }));
      const queues = await other.events.listQueues();
      expect(queues.map(({ id, cursor, head, webhook }) => [id, cursor, head, webhook?.id])).toEqual([
        ['wh_a', 2, 2, 'wh_a'],
        ['wh_b', 1, 2, 'wh_b'],
      ]);
      const removed = createSampleWebhook({ id: 'wh_b' });
      await other.transact((transaction) =>
        transaction.removeWebhook(removed, createWebhookEvent(removed, 'webhook.deleted')),
      );
      expect((await store.events.listQueues()).map(({ id }) => id)).toEqual(['wh_a']);
      expect(await store.events.hold('wh_b', 'one', 0)).toBe(false);
      const step = { queueId: 'wh_b', from: 1, to: 2, events: [], dueAt: 0 };
      expect(await store.events.advance(step)).toBe(false);
    });
  });
}
