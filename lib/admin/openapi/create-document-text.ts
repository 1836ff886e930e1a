import { escapeJson } from '../../http/escape-json.js';
import { describeApi, type DescribedApi } from './describe-api.js';

/**
 * The document as the text that is sent. It takes long to make, and anybody may ask for it, so that it is made once; only
 * where the router is mounted is written into it for each request.
 *
 * @returns a function from where the router is mounted, for example `/api-keys`, to the text
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
