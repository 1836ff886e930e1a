import type { Command, CommandArguments, CommandHost } from './command.js';
import { CommandError } from './command-error.js';
import { getErrorCode } from '../domain/error-code.js';
import { getErrorMessage } from './get-error-message.js';
import type { Instance, ListedRoute, RouteList } from './instance.js';
import { isExpressApp } from './is-express-app.js';
import { loadExport } from './load-export.js';
import { instanceOptions, openInstance } from './open-instance.js';

/** `api-keys routes` */
export const routesCommand: Command = {
  name: 'routes',
  summary: 'Lists every route of the app with its guards.',
  description:
    'No code of the app runs but its modules, and nothing listens.\n\n' +
    '  api-keys routes --app ./api-keys.js --express ./app.js --check --open /health',
  options: {
    ...instanceOptions,
    express: { takes: 'FILE', help: 'The module that exports the Express app. Default: that of --app.' },
    'express-export': { takes: 'NAME', help: 'The name of that export. Default: app, or default.' },
    open: {
      takes: 'ROUTE',
      isRepeatable: true,
      help: 'A route that needs no guard: /health, or "GET /docs/*".',
    },
    check: { help: 'Exits with 1 if a route has no guard.' },
    'allow-observed': { help: 'With --check: guards in observe mode count.' },
    json: { help: 'Prints the list as JSON.' },
  },
  async run(given, host) {
    const instance = await openInstance(given, host);
    const app = await loadApp(given, host);
    const open = given.listTexts('open');
    const list = instance.routes(app, { open });
    if (given.hasFlag('json')) host.terminal.print(JSON.stringify(toJson(list), null, 2));
    else {
      host.terminal.print(String(list));
      for (const line of describeFindings(list)) host.terminal.say(line);
    }
    if (!given.hasFlag('check')) return 0;
    return checkRoutes(instance, app, given, host);
  },
};

async function loadApp(given: CommandArguments, host: CommandHost): Promise<object> {
  const file = given.getText('express') ?? given.getText('app') ?? '';
  return loadExport(
    {
      file,
      name: given.getText('express-export'),
      usualNames: ['app'],
      nameOption: 'express-export',
      what: 'an app of Express',
      is: isExpressApp,
    },
    host,
  );
}

function toJson(list: RouteList): object {
  const { routes, unguarded, observed, lateGuards, unusedScopes, countedTwice, declaredTwice } = list;
  return { routes, unguarded, observed, lateGuards, unusedScopes, countedTwice, declaredTwice };
}

function describeFindings(list: RouteList): readonly string[] {
  const formatRoute = ({ methods, path }: Pick<ListedRoute, 'methods' | 'path'>): string =>
    `${methods.join()} ${path}`;
  const { unguarded, observed, lateGuards, unusedScopes, countedTwice, declaredTwice } = list;
  return [
    ...unguarded.map((route) => `no guard is seen: ${formatRoute(route)}`),
    ...observed.map((route) => `not enforced: ${formatRoute(route)}`),
    ...lateGuards.map((guard) => `the guard for ${guard.requires} runs ${guard.runs}: ${formatRoute(guard)}`),
    ...countedTwice.map((route) => `requests count twice: ${formatRoute(route)}`),
    ...declaredTwice.map((route) => `declared twice: ${formatRoute(route)}`),
    ...unusedScopes.map((scope) => `no route requires the scope ${scope}`),
  ];
}

/** @returns the exit code */
function checkRoutes(
  instance: Instance,
  app: object,
  given: CommandArguments,
  { terminal }: CommandHost,
): number {
  try {
    const allowObserved = given.hasFlag('allow-observed');
    instance.assertAllRoutesGuarded(app, { open: given.listTexts('open'), allowObserved });
    return 0;
  } catch (error) {
    if (getErrorCode(error) !== 'ERR_ASSERTION') throw error;
    terminal.say(getErrorMessage(error).replace(/^assertAllRoutesGuarded: /, ''));
    throw new CommandError('Not every route is guarded.');
  }
}
