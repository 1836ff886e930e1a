declare const FAULT_RUN: unknown;

/** Whether this is `npm run test:faults`; in `npm test` there are fewer rounds and seeds. */
export const isWholeRun: boolean = typeof FAULT_RUN !== 'undefined';
