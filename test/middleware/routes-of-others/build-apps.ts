import { join } from 'node:path';
import type { Express } from 'express';
import type { AppOfOthers, Guards, Load } from './apps-of-others.js';
import { ExpressWatch } from './express-watch.js';

const modules = join(__dirname, '..', '..', '..', 'node_modules');

/** The version of `router` for Express 5, as it is called in `node_modules`. */
export type RouterPackage = 'router' | 'router2.2';

/**
 * Loads a package with its Express, its own copy or the one of the project, puts a watch into that, and builds the app of the
 * package once for each place of guards.
 */
export function buildApps(
  { name, expressMajor, build }: AppOfOthers,
  router: RouterPackage,
  places: readonly Guards[],
): { readonly watch: ExpressWatch; readonly apps: readonly Express[] } {
  let watch: ExpressWatch | null = null;
  let apps: readonly Express[] = [];
  jest.isolateModules(() => {
    if (router !== 'router') jest.doMock('router', () => jest.requireActual<object>(router));
    const load: Load = (wanted) => {
      const folder = join(modules, name);
      return require(
        wanted.startsWith('./') ? join(folder, wanted) : require.resolve(wanted, { paths: [folder] }),
      ) as unknown;
    };
    const { Router } = load('express') as { readonly Router: object };
    const layers = expressMajor === 4 ? 'express/lib/router/layer.js' : `${router}/lib/layer.js`;
    watch = new ExpressWatch(Router, load(layers) as { readonly prototype: object });
    apps = places.map((guards) => build(load, guards));
  });
  jest.dontMock('router');
  if (watch === null) throw new Error(`${name} was not loaded`);
  return { watch, apps };
}
