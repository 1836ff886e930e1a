/** How many deliveries may be in progress at once, for all receivers together. */
export class DeliverySlots {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** @returns whether there was a free one, which must be given back */
  take(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  giveBack(): void {
    this.#free += 1;
  }
}
