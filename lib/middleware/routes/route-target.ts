import { readSegments, type Segments } from './path-segments.js';
import { createSamplePaths, type Step } from './sample-paths.js';

/** More combinations of forms are not compared. */
const maxForms = 256;

/** What requests for a route, or for a mounted function, can look like to each of the routers on their way. */
export class RouteTarget {
  readonly steps: readonly Step[];
  readonly #isOpenEnded: boolean;
  readonly #samples = new Map<number, readonly string[]>();
  readonly #forms = new Map<number, readonly Segments[] | null>();

  /**
   * @param steps - the mounted routers on the way, the outermost first, and the layer of the route itself
   * @param isOpenEnded - whether the last layer answers whatever is below its path
   */
  constructor(steps: readonly Step[], isOpenEnded: boolean) {
    this.steps = steps;
    this.#isOpenEnded = isOpenEnded;
  }

  /** @returns paths in the router at a depth; empty: not known */
  samplesAt(depth: number): readonly string[] {
    const known = this.#samples.get(depth);
    if (known !== undefined) return known;
    const samples = createSamplePaths(this.steps.slice(depth), this.#isOpenEnded);
    this.#samples.set(depth, samples);
    return samples;
  }

  /** @returns what its path is written as, from the router at a depth; `null` where that cannot be compared with another one */
  formsAt(depth: number): readonly Segments[] | null {
    const known = this.#forms.get(depth);
    if (known !== undefined) return known;
    const forms = this.#joinForms(depth);
    this.#forms.set(depth, forms);
    return forms;
  }

  #joinForms(depth: number): readonly Segments[] | null {
    let joined: readonly Segments[] = [[]];
    for (const { layer, path } of this.steps.slice(depth)) {
      const forms = readSegments(layer, path);
      if (forms === null || joined.length * forms.length > maxForms) return null;
      joined = joined.flatMap((before) => forms.map((form) => [...before, ...form]));
    }
    return this.#isOpenEnded ? joined.flatMap((form) => [form, [...form, '*']]) : joined;
  }
}
