/** Which no id of a webhook begins with. */
const prefix = 'callback:';

/** The id of the queue of a callback, by the name in the option `events`. */
export function toCallbackQueueId(name: string): string {
  return `${prefix}${name}`;
}

/** The name of the callback that a queue belongs to; `null` for the queue of a webhook. */
export function toCallbackName(queueId: string): string | null {
  return queueId.startsWith(prefix) ? queueId.slice(prefix.length) : null;
}
