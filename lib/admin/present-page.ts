import type { Page } from '../manage/list-page.js';
import type { EndpointAnswer } from './endpoint.js';

/** Responds with one page of a list, each item as returned by `present`. */
export function presentPage<T>({ items, nextCursor }: Page<T>, present: (item: T) => object): EndpointAnswer {
  return { status: 200, body: { items: items.map((item) => present(item)), nextCursor } };
}
