/** Writes the name of a role, a schema or a table as it stands in a statement for operators. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) || name.includes(' ') ? name : `"${name.replaceAll('"', '""')}"`;
}
