/** Whether a caller may see a tool. */
export type SeesTool = (name: string) => boolean;

/**
 * Removes from a response the tools that the caller may not see: every `result.tools` of the JSON-RPC messages in it. What
 * is no JSON is returned as it is.
 */
export function filterToolLists(text: string, sees: SeesTool): string {
  // Most messages are no lists. An escaped name of the member is looked at as well.
  if (!text.includes('"tools"') && !text.includes('\\u')) return text;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const filtered = messages.map((message) => filterMessage(message, sees));
  if (filtered.every((message, index) => message === messages[index])) return text;
  return JSON.stringify(Array.isArray(body) ? filtered : filtered[0]);
}

function filterMessage(message: unknown, sees: SeesTool): unknown {
  if (!isObject(message) || !isObject(message['result'])) return message;
  const { result } = message;
  const { tools, cacheScope } = result;
  if (!Array.isArray(tools)) return message;
  return {
    ...message,
    result: {
      ...result,
      tools: tools.filter((tool: unknown) => isObject(tool) && sees(String(tool['name']))),
      // The list is another one for each caller (SEP-2549).
      ...(cacheScope === undefined ? {} : { cacheScope: 'private' }),
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
