// @ts-check
'use strict';
/** Bundles an app as webpack's users do: `node bundle-with-webpack.cjs '<options as JSON>'`, in the folder of the app. */
const webpack = require('webpack');

const options = /** @type {import('webpack').Configuration} */ (JSON.parse(process.argv[2] ?? '{}'));
webpack(
  {
    mode: 'production',
    optimization: { minimize: false, nodeEnv: false },
    target: 'node20',
    context: process.cwd(),
    ...options,
  },
  (error, stats) => {
    if (error) throw error;
    const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
    console.log(
      JSON.stringify({
        errors,
        warnings: warnings.map(({ message, moduleIdentifier }) => `${moduleIdentifier}: ${message}`),
      }),
    );
    process.exitCode = errors.length === 0 ? 0 : 1;
  },
);
