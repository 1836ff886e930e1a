import type { Command } from './command.js';
import { checks } from './doctor/checks.js';
import { examine } from './doctor/examine.js';
import type { Finding } from './doctor/finding.js';
import { instanceOptions } from './open-instance.js';

/** `api-keys doctor` */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Checks the set-up: what is wrong, why it matters, what to do.',
  description:
    'It runs where the app runs, with its environment. It changes nothing, and applies no migration.\n\n' +
    '  api-keys doctor --app ./api-keys.js --express ./app.js',
  options: {
    ...instanceOptions,
    express: { takes: 'FILE', help: 'The module that exports the Express app. Default: that of --app.' },
    'express-export': { takes: 'NAME', help: 'The name of that export. Default: app, or default.' },
    strict: { help: 'Exits with 1 for warnings, too.' },
    json: { help: 'Prints findings and facts as JSON.' },
  },
  async run(given, { terminal, ...host }) {
    const setup = await examine(given, { terminal, ...host });
    const findings = checks.flatMap((check) => check(setup));
    if (given.hasFlag('json')) terminal.print(JSON.stringify({ findings, facts: setup.facts }, null, 2));
    else
      for (const finding of findings) {
        const { severity } = finding;
        const look = severity === 'error' ? 'red' : 'yellow';
        terminal.print(formatFinding(finding), { length: severity.length, look });
      }
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    terminal.say(
      findings.length === 0
        ? `${checks.length} checks found nothing.`
        : `${errors} errors, ${findings.length - errors} warnings.`,
    );
    return errors > 0 || (given.hasFlag('strict') && findings.length > 0) ? 1 : 0;
  },
};

function formatFinding({ id, severity, problem, why, remedy, see }: Finding): string {
  return [
    `${severity}: ${problem} [${id}]`,
    `  Why it matters: ${why}`,
    `  What to do: ${remedy}`,
    `  See ${see}`,
    '',
  ].join('\n');
}
