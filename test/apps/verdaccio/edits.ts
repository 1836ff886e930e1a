/** A change of a file of Verdaccio 2.1.7; `from` is in it once. */
interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** All that was changed to protect it, besides the new file lib/api-keys.cjs. */
export const EDITS: readonly Edit[] = [
  {
    // Behind its log and its compression, in front of its body parsers and routes.
    file: 'lib/index.js',
    from: '  // hook for tests only\n',
    to: `  require('./api-keys.cjs').protect(app, auth);

  // hook for tests only
`,
  },
  {
    // It writes the headers of requests into its log.
    file: 'lib/logger.js',
    from: 'req: Logger.stdSerializers.req,',
    to: `req: (req) => {
				const { redact } = require('./api-keys.cjs').apiKeys;
				return JSON.parse(redact(JSON.stringify(Logger.stdSerializers.req(req))));
			},`,
  },
  {
    file: 'lib/cli.js',
    from: '\nafterConfigLoad();\n',
    to: `
const apiKeys = require('./api-keys.cjs').apiKeys;
const servers = [];

// Connect before listening, and disconnect when the process is asked to stop.
apiKeys.ready().then(afterConfigLoad, function(err) {
  logger.logger.fatal({err: err}, 'cannot open the API keys: @{!err.message}');
  process.exit(1);
});
async function stop() {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await apiKeys.close();
}
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
`,
  },
  {
    file: 'lib/cli.js',
    from: '    webServer\n      .listen(',
    to: '    servers.push(webServer);\n    webServer\n      .listen(',
  },
];
