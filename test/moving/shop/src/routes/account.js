import { Router } from 'express';
import { requireKey } from '../auth.js';
import { createKey, listKeys, revokeKey } from '../keys.js';

export const account = Router();

const manage = requireKey('account:manage');

account.get('/keys', manage, async (req, res) => res.json({ keys: await listKeys(req.customerId) }));
account.post('/keys', manage, async (req, res) => {
  const { label, permissions } = req.body;
  res.status(201).json(await createKey(req.customerId, label, permissions));
});
account.delete('/keys/:id', manage, async (req, res) => {
  const isRevoked = await revokeKey(req.customerId, req.params.id);
  res.status(isRevoked ? 204 : 404).end();
});
