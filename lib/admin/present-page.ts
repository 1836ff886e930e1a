import type { Page } from '../manage/list-page.js';
import type { EndpointAnswer } from './endpoint.js';

/** Answers with one page of a list, each item as `present` shows it. */
export function presentPage<T>({ items, nextCursor }: Page<T>, present: (item: T) => object): EndpointAnswer {
  return { status: 200, body: { items: items.map((item) => present(item)), nextCursor } };
}
