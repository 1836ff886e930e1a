/** As in `engines` of package.json. */
export const oldestNode = '20.19.0';

/** From the first of a pair, below the second: as in `peerDependencies` of package.json. */
export const supportedPackages: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  '@opentelemetry/api': [['1.4.0', '2.0.0']],
  'csv-parse': [['7.0.0', '8.0.0']],
  express: [
    ['4.18.0', '5.0.0'],
    ['5.0.0', '6.0.0'],
  ],
  libsql: [['0.5.0', '0.6.0']],
  otpauth: [['9.5.0', '10.0.0']],
  pg: [['8.11.0', '9.0.0']],
  'prom-client': [
    ['14.0.0', '15.0.0'],
    ['15.0.0', '16.0.0'],
  ],
  ws: [['8.10.0', '9.0.0']],
};
