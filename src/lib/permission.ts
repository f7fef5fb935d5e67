const REFUSAL = /^Requires (\w+) access(?: to "([^"]+)")?/;

/**
 * What a refusal of Deno's sandbox asks for, as the end of a sentence: `Deno needs --allow-read=/srv for it`. Undefined for
 * any other error.
 */
export function permissionNeeded(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "NotCapable") return undefined;
  const [, kind, what] = REFUSAL.exec(error.message) ?? [];
  if (kind === undefined) return "Deno does not permit it";
  // Named without the key: else Deno would ask for one key of the environment after the other.
  const value = what === undefined || kind === "env" ? "" : `=${what}`;
  return `Deno needs --allow-${kind}${value} for it`;
}
