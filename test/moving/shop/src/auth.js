import { checkKey } from './keys.js';

/** Lets a request pass whose key has a permission, and sets `req.customerId`. */
export function requireKey(permission) {
  return async (req, res, next) => {
    const row = await checkKey(req.get('X-API-Key') ?? '');
    if (row === null) return res.status(401).json({ error: 'Invalid API key' });
    if (!JSON.parse(row.permissions).includes(permission)) {
      return res.status(403).json({ error: 'This key may not do that' });
    }
    req.customerId = row.customer_id;
    next();
  };
}
