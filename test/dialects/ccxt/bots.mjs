// Bots of ccxt for Deribit. The parent sends calls, each made by several bots at once, and gets what every bot got.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { folder, url } = JSON.parse(process.env.CLIENT_CONFIG);
const { deribit } = createRequire(join(folder, 'package.json'))('ccxt');

/** Everything as it comes, but for the address of the API. */
const createBot = ({ client_id: apiKey, client_secret: secret } = {}) =>
  new deribit({ apiKey, secret, urls: { api: { rest: url } } });

async function call(key, method, params) {
  const bot = createBot(key);
  const outcome = await bot[method](params).then(
    (answer) => ({ answer }),
    (error) => ({ error: error.constructor.name, message: error.message }),
  );
  return { ...outcome, authorization: bot.last_request_headers?.Authorization };
}

process.on('message', ({ id, keys, method, params }) => {
  void Promise.all(keys.map((key) => call(key, method, params))).then((outcomes) =>
    process.send({ id, outcomes }),
  );
});
process.on('disconnect', () => process.exit(0));
