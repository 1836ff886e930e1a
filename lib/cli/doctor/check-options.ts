import type { Check } from './examined-setup.js';

/** What `createApiKeys` refuses, and what a start refuses about the pepper. */
export const checkOptions: Check = ({ optionError }) => {
  if (optionError === null) return [];
  const isPepper = /\bpepper\b/i.test(optionError);
  return [
    {
      id: isPepper ? 'pepper-invalid' : 'options-invalid',
      severity: 'error',
      problem: optionError,
      why: 'createApiKeys() throws, so the app does not start.',
      remedy: isPepper
        ? 'Set the option pepper, usually from the variable API_KEYS_PEPPER, to the same secret in every process.'
        : 'Correct the options. The variables of the environment have to be those that the app has.',
      see: isPepper ? 'docs/production/pepper.md' : 'docs/reference/create-api-keys.md',
    },
  ];
};
