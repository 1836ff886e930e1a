import type { Order } from './orders.js';

/** How much of each item was ordered in each project. */
export interface ReportRow {
  readonly project: string;
  readonly item: string;
  readonly quantity: number;
}

/** Adds the quantities of orders up, in the order of the newest order of each row. */
export function reportOrders(orders: readonly Order[]): readonly ReportRow[] {
  const rows = new Map<string, ReportRow>();
  for (const { project, item, quantity } of orders) {
    const name = JSON.stringify([project, item]);
    rows.set(name, { project, item, quantity: quantity + (rows.get(name)?.quantity ?? 0) });
  }
  return [...rows.values()];
}
