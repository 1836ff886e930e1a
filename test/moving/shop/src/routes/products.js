import { Router } from 'express';
import { requireKey } from '../auth.js';

export const products = Router();

const read = requireKey('products:read');
const write = requireKey('products:write');

products.get('/', read, (req, res) => res.json({ customer: req.customerId, products: [] }));
products.get('/:id', read, (req, res) => res.json({ customer: req.customerId, product: req.params.id }));
products.post('/', write, (req, res) =>
  res.status(201).json({ customer: req.customerId, product: 'new', ...req.body }),
);
products.patch('/:id', write, (req, res) =>
  res.json({ customer: req.customerId, product: req.params.id, ...req.body }),
);
products.delete('/:id', write, (_req, res) => res.status(204).end());
products.put('/:id/stock', write, (req, res) => res.json({ product: req.params.id, ...req.body }));
