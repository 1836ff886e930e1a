import { Router } from 'express';
import { apiKeyOf, type ApiKeyIdentity, type RequireApiKey } from 'express-api-keys';
import { allowOnly, sendProblem } from './problem.js';

/** A trade that two parties have agreed on. */
interface BlockTrade {
  readonly id: number;
  readonly ownerId: string;
  /** The key that created it. */
  readonly keyId: string;
  readonly state: 'done' | 'waiting_for_approval';
}

const maxTrades = 1_000;

/**
 * Routes for the two features that Deribit keys can have; other keys have neither.
 *
 * - `restricted_block_trades`: the key sees only the trades that it created.
 * - `block_trade_approval`: trades of the key wait until they are approved with another key of the same owner.
 */
export function createBlockTrades(requireApiKey: RequireApiKey<'orders:read' | 'orders:write'>): Router {
  let trades: readonly BlockTrade[] = [];
  let lastId = 0;
  const router = Router();

  const isSeenBy = ({ ownerId, id, features }: ApiKeyIdentity, trade: BlockTrade): boolean =>
    trade.ownerId === ownerId && (trade.keyId === id || !features.includes('restricted_block_trades'));

  router.get('/', requireApiKey('orders:read'), (req, res) => {
    const apiKey = apiKeyOf(req);
    res.json({ items: trades.filter((trade) => isSeenBy(apiKey, trade)).map(presentTrade) });
  });

  router.post('/', requireApiKey('orders:write', { signed: 'accepted' }), (req, res) => {
    const { id: keyId, ownerId, features } = apiKeyOf(req);
    lastId += 1;
    const state = features.includes('block_trade_approval') ? 'waiting_for_approval' : 'done';
    const trade = { id: lastId, ownerId, keyId, state } as const;
    trades = [trade, ...trades].slice(0, maxTrades);
    res.status(state === 'done' ? 201 : 202).json(presentTrade(trade));
  });

  router.post('/:id/approve', requireApiKey('orders:write', { signed: 'accepted' }), (req, res) => {
    const apiKey = apiKeyOf(req);
    const trade = trades.find((each) => String(each.id) === req.params['id'] && isSeenBy(apiKey, each));
    if (trade === undefined) {
      sendProblem(res, { status: 404, code: 'not_found', detail: 'There is no such block trade.' });
    } else if (trade.keyId === apiKey.id) {
      sendProblem(res, { status: 403, code: 'forbidden', detail: 'Approve it with another API key.' });
    } else {
      const approved: BlockTrade = { ...trade, state: 'done' };
      trades = trades.map((each) => (each === trade ? approved : each));
      res.json(presentTrade(approved));
    }
  });

  router.all('/', allowOnly('GET', 'HEAD', 'POST'));
  router.all('/:id/approve', allowOnly('POST'));
  return router;
}

function presentTrade({ id, state }: BlockTrade): Pick<BlockTrade, 'id' | 'state'> {
  return { id, state };
}
