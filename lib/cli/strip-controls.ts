/** Control characters but for tabs and line breaks, and those that reverse what is read. */
// eslint-disable-next-line no-control-regex -- these are what must not reach a terminal
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Removes what a terminal would obey: names of owners, routes and columns come from others. */
export function stripControls(text: string): string {
  return text.replace(controls, '');
}
