import type { ObservedProxies } from '../domain/observed-proxies.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';
import { checkProxies } from './doctor/check-proxies.js';
import { checks } from './doctor/checks.js';
import { examine } from './doctor/examine.js';
import type { Finding } from './doctor/finding.js';
import { instanceOptions } from './open-instance.js';
import { readProxies } from './remote/read-proxies.js';
import { managingOptions } from './run-with-keys.js';

const { header, 'token-stdin': tokenFromStdin } = managingOptions;

/** `api-keys doctor` */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Checks the set-up: what is wrong, why it matters, what to do.',
  description:
    'With --app it runs where the app runs, with its environment. It changes nothing, and applies no migration.\n' +
    'With --url it asks a running process what proxies really send, against trust proxy. The credential is in API_KEYS_TOKEN.\n\n' +
    '  api-keys doctor --app ./api-keys.js --express ./app.js --url https://api.example.com/api-keys',
  options: {
    ...instanceOptions,
    app: { takes: 'FILE', help: 'The module of your app that exports what createApiKeys() has returned.' },
    url: { takes: 'URL', help: 'The address of the management API, for an admin: beside --app, or alone.' },
    header,
    'token-stdin': tokenFromStdin,
    express: { takes: 'FILE', help: 'The module that exports the Express app. Default: that of --app.' },
    'express-export': { takes: 'NAME', help: 'The name of that export. Default: app, or default.' },
    strict: { help: 'Exits with 1 for warnings, too.' },
    json: { help: 'Prints findings and facts as JSON.' },
  },
  async run(given, { terminal, ...host }) {
    const isAsking = given.hasFlag('url');
    if (!isAsking && (given.hasFlag('header') || given.hasFlag('token-stdin')))
      throw new CommandError('--header and --token-stdin are for --url.', 2);
    const proxies = isAsking ? await readProxies(given, { terminal, ...host }) : null;
    const setup = await examine(given, { terminal, ...host }, proxies);
    const used = isAsking && !given.hasFlag('app') ? [checkProxies] : checks;
    const findings = used.flatMap((check) => check(setup));
    const { facts } = setup;
    if (given.hasFlag('json')) terminal.print(JSON.stringify({ findings, facts, proxies }, null, 2));
    else
      for (const finding of findings) {
        const { severity } = finding;
        const look = severity === 'error' ? 'red' : 'yellow';
        terminal.print(formatFinding(finding), { length: severity.length, look });
      }
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    terminal.say(
      findings.length === 0
        ? `${used.length === 1 ? 'The check' : `${used.length} checks`} found nothing.`
        : `${errors} errors, ${findings.length - errors} warnings.`,
    );
    for (const note of listNotes(isAsking, proxies)) terminal.say(note);
    return errors > 0 || (given.hasFlag('strict') && findings.length > 0) ? 1 : 0;
  },
};

/** What could not be looked at, and how it can. */
function listNotes(isAsking: boolean, proxies: ObservedProxies | null): readonly string[] {
  if (!isAsking) {
    return [
      'Not looked at: what proxies really send. The processes of the app count that: add --url, the address of the management API.',
    ];
  }
  if (proxies === null)
    return ['The process that answered has an earlier version, which does not count what proxies send.'];
  if (proxies.sampled > 0) return [];
  return ['The process that answered has seen no request yet: ask again later.'];
}

function formatFinding({ id, severity, problem, why, remedy, see }: Finding): string {
  return [
    `${severity}: ${problem} [${id}]`,
    `  Why it matters: ${why}`,
    `  What to do: ${remedy}`,
    `  See ${see}`,
    '',
  ].join('\n');
}
