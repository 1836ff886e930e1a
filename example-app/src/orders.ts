/** An order that was placed. */
export interface Order {
  readonly id: number;
  /** The project that it belongs to, as its owner names it. */
  readonly project: string;
  readonly item: string;
  readonly quantity: number;
  readonly orderedAt: string;
}

/** What a caller sends to place an order. */
export type OrderRequest = Pick<Order, 'item' | 'quantity'>;

/** Orders by owner. They are kept in memory only, because this app is about its keys. */
export interface Orders {
  list(ownerId: string): readonly Order[];
  place(ownerId: string, project: string, request: OrderRequest): Order;
}

/** The project of orders that name none. */
export const mainProject = 'main';

const maxPerOwner = 100;
/** How many unknown fields a response lists. */
const maxNamedFields = 10;

/** Keeps the newest orders of every owner. */
export function createOrders(): Orders {
  const byOwner = new Map<string, readonly Order[]>();
  let lastId = 0;

  return {
    list: (ownerId) => byOwner.get(ownerId) ?? [],

    place(ownerId, project, request) {
      lastId += 1;
      const order = { id: lastId, project, ...request, orderedAt: new Date().toISOString() };
      byOwner.set(ownerId, [order, ...(byOwner.get(ownerId) ?? [])].slice(0, maxPerOwner));
      return order;
    },
  };
}

/** Reads a request body; returns a list of field errors when it is not a valid order. */
export function readOrderRequest(
  body: unknown,
): OrderRequest | ReadonlyArray<{ field: string; message: string }> {
  const { item, quantity, ...others } = (body ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(others).slice(0, maxNamedFields);
  const errors = [
    ...(isItem(item) ? [] : [{ field: 'item', message: 'must be a string of 1 to 100 characters' }]),
    ...(isQuantity(quantity)
      ? []
      : [{ field: 'quantity', message: 'must be a whole number from 1 to 1000' }]),
    ...unknown.map((field) => ({ field, message: 'is not known; an order has item and quantity' })),
  ];
  return isItem(item) && isQuantity(quantity) && unknown.length === 0
    ? { item: item.trim(), quantity }
    : errors;
}

/** Whether a project can have this name. Keys can be bound to every such name. */
export function isProject(value: string): boolean {
  return /^[\w-]{1,64}$/.test(value);
}

function isItem(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= 100;
}

function isQuantity(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1000;
}
