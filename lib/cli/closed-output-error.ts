/** Nobody reads the output any more, as behind `head`: no failure, and no reason to go on. */
export class ClosedOutputError extends Error {
  constructor() {
    super('the output is closed');
    this.name = 'ClosedOutputError';
  }
}
