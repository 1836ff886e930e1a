import { Router } from 'express';
import { requireKey } from '../auth.js';

export const customers = Router();

const read = requireKey('customers:read');
const write = requireKey('customers:write');

customers.get('/', read, (req, res) => res.json({ customer: req.customerId, customers: [] }));
customers.get('/:id', read, (req, res) => res.json({ customer: req.customerId, person: req.params.id }));
customers.post('/', write, (req, res) =>
  res.status(201).json({ customer: req.customerId, person: 'new', ...req.body }),
);
customers.patch('/:id', write, (req, res) =>
  res.json({ customer: req.customerId, person: req.params.id, ...req.body }),
);
customers.delete('/:id', write, (_req, res) => res.status(204).end());
customers.get('/:id/addresses', read, (req, res) => res.json({ person: req.params.id, addresses: [] }));
