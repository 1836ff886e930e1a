import { createHash } from 'node:crypto';

/** The maximum length of a channel's name, in bytes: PostgreSQL truncates longer names, and refuses to send to them. */
const maxBytes = 63;

/**
 * Returns the channel on which the changes of a schema are notified. Channels belong to one database, as schemas do.
 *
 * @param schema - lower-case letters, digits and `_`
 */
export function notifyChannel(schema: string): string {
  const channel = `api_keys_${schema}`;
  if (channel.length <= maxBytes) return channel;
  const digest = createHash('sha256').update(schema).digest('hex');
  return `api_keys_${digest.slice(0, 40)}`;
}
