import type { ScopeRequirement } from '../domain/scope-requirement.js';
import type { Logger } from '../ports/logger.js';

/** In the table, all tools that are not named. */
const others = '*';
/** Maximum number of tools that are warned about. */
const maxWarnings = 50;

/** What keys need to call the tools of an MCP server. */
export class McpTools {
  /** Each requirement once. */
  readonly requirements: readonly ScopeRequirement[];
  readonly #needed: ReadonlyMap<string, ScopeRequirement>;
  readonly #logger: Logger;
  readonly #warned = new Set<string>();

  /** @param needed - by the name of the tool */
  constructor(needed: ReadonlyMap<string, ScopeRequirement>, logger: Logger) {
    this.requirements = [...new Set(needed.values())];
    this.#needed = needed;
    this.#logger = logger;
  }

  /**
   * What a call of a tool needs; `null`: no key may call it.
   *
   * @param name - `null` for a call that names none
   */
  requirementOf(name: string | null): ScopeRequirement | null {
    const named = name === null || name === others ? undefined : this.#needed.get(name);
    return named ?? this.#needed.get(others) ?? null;
  }

  /** The same for a tool that the server has: one that was forgotten in the table is reported. */
  requirementOfListed(name: string): ScopeRequirement | null {
    const requirement = this.requirementOf(name);
    if (requirement === null && !this.#warned.has(name) && this.#warned.size < maxWarnings) {
      this.#warned.add(name);
      this.#logger.warn(
        `api-keys: mcpGuard: no key can see or call the tool ${JSON.stringify(name)}, because it is not in tools. Add it, ` +
          "or '*' for all that are not named",
      );
    }
    return requirement;
  }
}
