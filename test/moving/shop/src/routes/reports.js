import { Router } from 'express';
import { requireKey } from '../auth.js';

export const reports = Router();

// Nothing here is for keys without this permission.
reports.use(requireKey('reports:read'));
reports.get('/sales', (req, res) => res.json({ customer: req.customerId, sales: 0 }));
reports.get('/stock', (req, res) => res.json({ customer: req.customerId, stock: 0 }));
