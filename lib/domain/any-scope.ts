/** In place of a management scope: every key may manage keys, at or below itself. */
export const anyScope: unique symbol = Symbol('anyScope');
