/**
 * Resolves when this process is to stop: on a signal, or because the parent process that it depends on has exited. Import it
 * first, so that a signal that arrives while other modules load counts as well.
 */
export const stopRequested: Promise<void> = new Promise((resolve) => {
  // The listeners are never removed, because Ctrl-C reaches this process from the terminal and again from npm.
  for (const event of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']) process.on(event, () => resolve());
});
