import type { Page } from 'playwright-core';
import { findViolations, takePicture } from './open-page.js';

const looks = [
  { name: 'light-desktop', colorScheme: 'light', viewport: { width: 1100, height: 800 } },
  { name: 'dark-phone', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

/** Leaves pictures of a view that is open, on a desktop and on a phone, and expects that axe finds nothing and that all of it fits. */
export async function lookAt(page: Page, view: string): Promise<void> {
  for (const { name, colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await takePicture(page, `${view}-${name}`);
    const look = `${view}-${name}`;
    expect({ look, violations: await findViolations(page) }).toEqual({ look, violations: [] });
    const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
    expect({ look, fits }).toEqual({ look, fits: true });
  }
  await page.setViewportSize(looks[0].viewport);
}
