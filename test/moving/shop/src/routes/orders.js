import { Router } from 'express';
import { requireKey } from '../auth.js';

export const orders = Router();

const read = requireKey('orders:read');
const write = requireKey('orders:write');

orders.get('/', read, (req, res) => res.json({ customer: req.customerId, orders: [] }));
orders.get('/:id', read, (req, res) => res.json({ customer: req.customerId, order: req.params.id }));
orders.post('/', write, (req, res) =>
  res.status(201).json({ customer: req.customerId, order: 'new', ...req.body }),
);
orders.patch('/:id', write, (req, res) =>
  res.json({ customer: req.customerId, order: req.params.id, ...req.body }),
);
orders.delete('/:id', write, (_req, res) => res.status(204).end());
orders.post('/:id/cancel', write, (req, res) => res.json({ order: req.params.id, state: 'cancelled' }));
orders.get('/:id/items', read, (req, res) => res.json({ order: req.params.id, items: [] }));
