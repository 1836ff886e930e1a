import type { DatabaseInspector } from '../ports/database-inspector.js';

/** An inspector whose code is loaded when the program `api-keys` first asks for it: an app never does. */
export function createLateInspector(load: () => Promise<DatabaseInspector>): DatabaseInspector {
  return {
    inspect: async (sample) => (await load()).inspect(sample),
    read: async () => (await load()).read(),
    apply: async () => (await load()).apply(),
  };
}
