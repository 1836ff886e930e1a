import { setupHost, type WithSetupHost } from '../domain/setup-host.js';
import type { Instance } from './instance.js';

/** Keeps an instance from doing in the background what the processes of the app do, unless the app has started it already. */
export function startForCommand(instance: Instance & Partial<WithSetupHost>): void {
  instance[setupHost]?.startFor('command');
}
