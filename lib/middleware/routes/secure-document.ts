import { InvalidOptionError } from '../../errors.js';
import type { CredentialHeader } from '../../http/credential-source.js';
import { describeKeySchemes, describeKeySecurity } from '../../http/key-security-schemes.js';
import type { RouteRow } from './route-row.js';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components?: { readonly securitySchemes?: object };
}
type PathItem = Readonly<Record<string, object>>;

const operations: ReadonlySet<string> = new Set([
  ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'],
]);

/**
 * Returns a copy of an OpenAPI document with the `security` of every operation whose route is guarded or open. A path of the
 * document is the one of the app, with `{id}` for `:id`.
 *
 * @throws InvalidOptionError for what is no OpenAPI document
 */
export function secureDocument<T extends object>(
  document: T,
  rows: readonly RouteRow[],
  sources: readonly CredentialHeader[],
): T {
  if (!isDocument(document)) {
    throw new InvalidOptionError(
      'routes.secureDocument: takes an OpenAPI 3 document as an object, with openapi and paths',
    );
  }
  // Before 3.1 only OAuth and OpenID Connect could name scopes.
  const namesScopes = !document.openapi.startsWith('3.0');
  const paths = Object.entries(document.paths).map(([path, item]) => {
    const secured = Object.entries(item).map(([name, operation]) => {
      const row = operations.has(name) ? findRow(rows, path, name.toUpperCase()) : undefined;
      const security = row === undefined ? null : describeSecurity(row, sources, namesScopes);
      return [name, security === null ? operation : { ...operation, security }] as const;
    });
    return [path, Object.fromEntries(secured)] as const;
  });
  const { components } = document;
  const securitySchemes = { ...components?.securitySchemes, ...describeKeySchemes(sources) };
  return { ...document, paths: Object.fromEntries(paths), components: { ...components, securitySchemes } };
}

function isDocument(document: object): document is Document {
  const { openapi, paths } = document as { readonly openapi?: unknown; readonly paths?: unknown };
  return (
    typeof openapi === 'string' && openapi.startsWith('3.') && typeof paths === 'object' && paths !== null
  );
}

/** The first one: Express asks it first. */
function findRow(rows: readonly RouteRow[], path: string, method: string): RouteRow | undefined {
  return rows.find(
    (row) => toTemplate(row.path) === path && (row.methods.includes(method) || row.methods.includes('*')),
  );
}

function toTemplate(path: string): string {
  return path.replace(/:(\w+)(?:\((?:\\.|[^()])*\))?/g, '{$1}');
}

/** `null` where the document knows more than this list. A guard that leaves others to the app is one way of several. */
function describeSecurity(
  { state, guards }: RouteRow,
  sources: readonly CredentialHeader[],
  namesScopes: boolean,
): readonly object[] | null {
  if (state === 'open') return [];
  if (state !== 'guarded' || guards.some(({ hasFallback }) => hasFallback)) return null;
  if (!namesScopes) return describeKeySecurity(sources);
  const alternatives = guards.filter(({ requires }) => requires.includes(' or '));
  const scopes = guards.flatMap((guard) => (alternatives.includes(guard) ? [] : guard.scopes));
  const [one, ...others] = alternatives;
  // Lists of alternatives can be written for one guard; those of several are left out.
  const either = one === undefined || others.length > 0 ? [[]] : one.scopes.map((scope) => [scope]);
  return either.flatMap((more) => describeKeySecurity(sources, [...new Set([...scopes, ...more])]));
}
