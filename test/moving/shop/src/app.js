import express from 'express';
import { account } from './routes/account.js';
import { customers } from './routes/customers.js';
import { invoices } from './routes/invoices.js';
import { orders } from './routes/orders.js';
import { products } from './routes/products.js';
import { reports } from './routes/reports.js';

export const app = express();

app.set('trust proxy', 'loopback');
app.use(express.json());
app.get('/health', (_req, res) => res.json({ ok: true }));
app.use('/v1/orders', orders);
app.use('/v1/products', products);
app.use('/v1/customers', customers);
app.use('/v1/invoices', invoices);
app.use('/v1/reports', reports);
app.use('/v1/account', account);
