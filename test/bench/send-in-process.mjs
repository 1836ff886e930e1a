// @ts-check
import { InProcessConnection } from './in-process-connection.cjs';

/** Requests that are on their way at the same time, as in a server that is used. */
const inFlight = 20;

const connections = Array.from({ length: inFlight }, () => new InProcessConnection());

/**
 * Sends requests to one variant, as many at a time as there are connections.
 *
 * @param {import('./in-process-variants.mjs').InProcessVariant} variant
 * @param {number} batches of 20 requests
 * @returns {Promise<void>} rejects when an answer is not a 200
 */
export async function sendInProcess({ name, app, requests }, batches) {
  let next = 0;
  for (let batch = 0; batch < batches; batch += 1) {
    await new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
      let open = inFlight;
      /** @param {number} status */
      const onAnswered = (status) => {
        if (status !== 200) reject(new Error(`${name} answered with ${status}`));
        open -= 1;
        if (open === 0) resolve();
      };
      for (const connection of connections) {
        connection.get(app, requests[next % requests.length] ?? [], onAnswered);
        next += 1;
      }
    });
  }
}

export const requestsPerBatch = inFlight;
