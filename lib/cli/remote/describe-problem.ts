import { CommandError } from '../command-error.js';

/** A problem (RFC 9457), as far as it is shown. */
interface ShownProblem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly errors?: readonly { readonly field?: unknown; readonly message?: unknown }[];
}

/** What is wrong with the arguments, in the words of the API. */
const refusedCodes = ['invalid_request', 'insufficient_scope', 'key_limit_reached'];

/** Describes an answer that is no success. */
export function describeProblem(status: number, text: string): CommandError {
  const problem = readProblem(text);
  if (typeof problem?.code !== 'string') {
    return new CommandError(
      `The server answered ${status}, not as the management API does. Is the address that of the router, as https://api.example.com/api-keys?`,
    );
  }
  const { code, detail, errors = [] } = problem;
  const fields = errors.map(({ field, message }) => `${String(field)}: ${String(message)}`);
  const advice =
    status === 401
      ? ' The credential is in the variable API_KEYS_TOKEN, or on stdin with --token-stdin.'
      : code.startsWith('step_up_')
        ? ' Use --app, which needs no second factor.'
        : '';
  const sentence = [typeof detail === 'string' ? detail : code, ...fields].join(' ');
  return new CommandError(`${sentence} (${code})${advice}`, refusedCodes.includes(code) ? 2 : 1);
}

function readProblem(text: string): ShownProblem | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
