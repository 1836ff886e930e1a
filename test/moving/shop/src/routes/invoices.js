import { Router } from 'express';
import { requireKey } from '../auth.js';

export const invoices = Router();

const read = requireKey('invoices:read');
const write = requireKey('invoices:write');

invoices.get('/', read, (req, res) => res.json({ customer: req.customerId, invoices: [] }));
invoices.get('/:id', read, (req, res) => res.json({ customer: req.customerId, invoice: req.params.id }));
invoices.post('/', write, (req, res) =>
  res.status(201).json({ customer: req.customerId, invoice: 'new', ...req.body }),
);
invoices.patch('/:id', write, (req, res) =>
  res.json({ customer: req.customerId, invoice: req.params.id, ...req.body }),
);
invoices.delete('/:id', write, (_req, res) => res.status(204).end());
invoices.post('/:id/send', write, (req, res) => res.status(202).json({ invoice: req.params.id }));
