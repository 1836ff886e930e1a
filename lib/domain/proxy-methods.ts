/**
 * An object with some members replaced. Methods are bound to the target: its private fields cannot be accessed through a Proxy.
 *
 * @param override - the replacement of a member; `undefined` for those that stay
 */
export function proxyMethods<T extends object>(target: T, override: (name: string) => unknown): T {
  return new Proxy(target, {
    get(_, name) {
      const other = typeof name === 'string' ? override(name) : undefined;
      if (other !== undefined) return other;
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === 'function' ? (own.bind(target) as unknown) : own;
    },
  });
}
