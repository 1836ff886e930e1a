import { escapeJson } from '../../http/escape-json.js';
import { describeApi, type DescribedApi } from './describe-api.js';

/**
 * Serializes the document. It is generated only once, because that takes long and anyone may request it; only the path that
 * the router is mounted at is inserted for each request.
 *
 * @returns a function from the path that the router is mounted at, for example `/api-keys`, to the serialized document
 */
export function createDocumentText(api: DescribedApi): (serverUrl: string) => string {
  let parts: { readonly head: string; readonly tail: string } | null = null;

  return function writeDocumentText(serverUrl) {
    parts ??= splitDocument(api);
    const server = {
      url: serverUrl === '' ? '/' : serverUrl,
      description: 'Where the router is mounted.',
    };
    return `${parts.head},"servers":${escapeJson([server])},${parts.tail}`;
  };
}

function splitDocument(api: DescribedApi): { readonly head: string; readonly tail: string } {
  const { openapi, info, ...rest } = describeApi(api);
  return { head: escapeJson({ openapi, info }).slice(0, -1), tail: escapeJson(rest).slice(1) };
}
