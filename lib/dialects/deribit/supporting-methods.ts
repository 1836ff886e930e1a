import { InvalidFieldError } from '../../domain/key-fields.js';
import { DeribitError } from './deribit-error.js';
import type { PublicMethod } from './deribit-method.js';
import { readOptionalParam, readRequiredParam, readString } from './read-param.js';

/** The version of the API whose contract this is. */
const apiVersion = '2.1.1';

/** The time of the server, for clients that compare clocks before they sign. */
const getTime: PublicMethod = {
  name: 'public/get_time',
  prepare:
    ({ host }) =>
    () =>
      Promise.resolve({ result: host.clock.now() }),
};

/** Answers with the version; "The value exception will trigger an error response". */
const test: PublicMethod = {
  name: 'public/test',
  prepare({ params }) {
    const expected = readOptionalParam(params, 'expected_result', readExpectedResult);
    return () => {
      // No document says which error. A 5xx would raise alarms that anybody could trigger.
      if (expected === 'exception')
        throw new DeribitError('bad_request', { reason: 'exception was expected' });
      return Promise.resolve({ result: { version: apiVersion } });
    };
  },
};

/** No currency is ever locked here. `locked` is a string, as in the schema; older clients read `locked_indices`. */
const status: PublicMethod = {
  name: 'public/status',
  prepare: () => () =>
    Promise.resolve({ result: { locked: 'false', locked_currencies: [], locked_indices: [] } }),
};

/** Introduces a client and returns the version. */
const hello: PublicMethod = {
  name: 'public/hello',
  prepare({ params }) {
    readRequiredParam(params, 'client_name', readString);
    readRequiredParam(params, 'client_version', readString);
    return () => Promise.resolve({ result: { version: apiVersion } });
  },
};

/** The methods about the server itself, which need neither key nor token. */
export const supportingMethods: readonly PublicMethod[] = [getTime, test, status, hello];

function readExpectedResult(value: unknown): 'exception' {
  if (value === 'exception') return value;
  throw new InvalidFieldError('must be exception, or left out');
}
