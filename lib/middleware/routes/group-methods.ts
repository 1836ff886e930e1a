import { METHODS } from 'node:http';
import type { AnyHandler, Route } from './express-stack.js';
import { readHandlers, type ReadHandlers } from './route-handlers.js';

/** Methods of a route that have the same handlers. */
export interface MethodGroup {
  /** In capital letters; `*` for all, or for those that no other group has. */
  readonly methods: readonly string[];
  readonly handlers: ReadHandlers;
}

/** The methods of a route, those with the same handlers together; `all` as `*`. */
export function groupMethods({ stack }: Route): readonly MethodGroup[] {
  const groups: Array<{ methods: string[]; list: readonly AnyHandler[] }> = [];
  const named = [...new Set(stack.flatMap(({ method }) => method ?? []))];
  for (const method of [...named, ...(stack.some((layer) => layer.method === undefined) ? [null] : [])]) {
    const list = stack
      .filter((layer) => layer.method === undefined || layer.method === method)
      .map(({ handle }) => handle);
    const name = method?.toUpperCase() ?? '*';
    const same = groups.find((group) => isSameList(group.list, list));
    if (same === undefined) groups.push({ methods: [name], list });
    else same.methods.push(name);
  }
  return groups.map(({ methods, list }) => ({
    methods: completeMethods(methods, named),
    handlers: readHandlers(list),
  }));
}

function isSameList(one: readonly AnyHandler[], other: readonly AnyHandler[]): boolean {
  return one.length === other.length && one.every((handler, index) => handler === other[index]);
}

/** `app.all` names every method there is; and Express answers HEAD where GET is. */
function completeMethods(methods: readonly string[], named: readonly string[]): readonly string[] {
  if (METHODS.every((method) => methods.includes(method))) return ['*'];
  const isHeadToo = methods.includes('GET') && !named.includes('head');
  return isHeadToo ? methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])) : methods;
}
