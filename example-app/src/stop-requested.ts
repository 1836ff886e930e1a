/**
 * Resolves when this process is told to end: by a signal, or because the one that started it, and that it lives with, is
 * gone. Import it first: what comes while everything else is loaded then counts as well.
 */
export const stopRequested: Promise<void> = new Promise((resolve) => {
  // Listeners stay for good: Ctrl-C reaches this process from the terminal and again from npm.
  for (const event of ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']) process.on(event, () => resolve());
});
