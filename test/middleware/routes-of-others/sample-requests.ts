import { METHODS } from 'node:http';
import type { RouteRow } from '../../../lib/middleware/routes/route-row.js';
import type { AppOfOthers } from './apps-of-others.js';
import type { SampleRequest } from './express-watch.js';

const methodsOfApis = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** `CONNECT` asks for a tunnel, and has no path. */
const allMethods = METHODS.filter((method) => method !== 'CONNECT');
/** More combinations of words are drawn. */
const maxPaths = 250;

/** Makes a request of `GET /path`. */
export function toRequest(text: string): SampleRequest {
  const [method = '', url = ''] = text.split(' ');
  return { method, url, ...bodyFor(method) };
}

/** What a path of the list can stand for: where mount paths are not known, any that the app has mounted something at. */
export function readPath(path: string, mounted: readonly string[]): readonly string[] {
  if (!path.includes('/…')) return [path];
  return mounted.flatMap((mount) => readPath(path.replace('/…', mount === '/' ? '' : mount) || '/', mounted));
}

/** Paths of requests for a row: with and without optional parts, with parameters filled. */
export function fillPath({ path }: RouteRow, app: AppOfOthers, mounted: readonly string[]): string[] {
  const [written = ''] = path.split(' (');
  return readPath(written, mounted).flatMap((one) => {
    const below = one.endsWith('/*') ? `${one.slice(0, -2)}/${app.file ?? 'q7/r8'}` : one;
    return expandOptional(below).map((form) => fill(form, app.values).replace(/\/{2,}/g, '/') || '/');
  });
}

/** Requests with each method of a route. */
export function createRequestsFor(row: RouteRow, url: string, app: AppOfOthers): readonly SampleRequest[] {
  // Where the path is not known, many are tried.
  const methodsOfAll = row.isPathKnown ? allMethods : methodsOfApis;
  const methods = row.methods.includes('*') ? methodsOfAll : row.methods;
  return methods.map((method) => ({ method, url, ...(app.requests?.[url] ?? bodyFor(method)) }));
}

/**
 * Requests for paths that can be made of the words of an app, with every method of APIs: those that one word makes of the paths of the
 * list, and any of up to four segments; as many as can be sent, the same in every run.
 */
export function crawl(
  app: AppOfOthers,
  rows: readonly RouteRow[],
  mounted: readonly string[],
): readonly SampleRequest[] {
  const written = [...rows.map(({ path }) => path.split(' (')[0] ?? ''), ...mounted];
  const ofPaths = written.flatMap((path) => path.split('/')).filter((word) => /^[^:*{…[\]]+$/.test(word));
  const words = [...new Set([...ofPaths, ...Object.values(app.values), ...(app.words ?? []), 'q7'])];
  const random = createRandom(7);
  const near = rows.flatMap((row) => fillPath(row, app, mounted)).flatMap((url) => changeOneWord(url, words));
  const paths = new Set(['/', ...draw(near, maxPaths / 2, random)]);
  for (let depth = 1; depth <= 4; depth += 1) {
    const count = words.length ** depth;
    const isWhole = count <= maxPaths / 4;
    for (let index = 0; index < Math.min(count, maxPaths / 8); index += 1) {
      paths.add(`/${toWords(isWhole ? index : Math.floor(random() * count), depth, words).join('/')}`);
    }
  }
  return [...paths].flatMap((url) =>
    methodsOfApis.map((method) => ({ method, url, ...(app.requests?.[url] ?? bodyFor(method)) })),
  );
}

/** One segment more, one less, or another one. */
function changeOneWord(url: string, words: readonly string[]): readonly string[] {
  const segments = url.slice(1).split('/');
  const others = segments.flatMap((_, index) => words.map((word) => segments.with(index, word)));
  const lists = [...others, segments.slice(0, -1), ...words.map((word) => [...segments, word])];
  return lists.map((list) => `/${list.join('/')}`);
}

function draw(list: readonly string[], count: number, random: () => number): readonly string[] {
  return list
    .map((each) => [random(), each] as const)
    .toSorted(([one], [other]) => one - other)
    .slice(0, count)
    .map(([, each]) => each);
}

function toWords(number: number, depth: number, words: readonly string[]): readonly string[] {
  return Array.from({ length: depth }, (_, place) => {
    return words[Math.floor(number / words.length ** place) % words.length] ?? '';
  });
}

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function bodyFor(method: string): Pick<SampleRequest, 'headers' | 'payload'> {
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return {};
  return { headers: { 'content-type': 'application/json' }, payload: '{"name":"q7"}' };
}

/** `/a{/:b}` -> `/a`, `/a/:b`. */
function expandOptional(path: string): readonly string[] {
  const group = /\{([^{}]*)\}/.exec(path);
  if (group === null) return [path];
  const [before, after] = [path.slice(0, group.index), path.slice(group.index + group[0].length)];
  return [`${before}${after}`, `${before}${group[1]}${after}`].flatMap(expandOptional);
}

function fill(path: string, values: Readonly<Record<string, string>>): string {
  return path
    .replace(/:(\w+)(?:\([^)]*\))?\??/g, (_, name: string) => values[name] ?? 'q7')
    .replace(/\*\w*/g, 'q7/r8');
}
