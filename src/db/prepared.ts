/**
 * Queries by name, each built and prepared on first use: preparing all of them takes a tenth of a service's start, and
 * its first calls need few.
 */
export function prepared<Makers extends Readonly<Record<string, () => unknown>>>(
  makers: Makers,
): { readonly [Name in keyof Makers]: ReturnType<Makers[Name]> } {
  const queries = {};
  for (const [name, make] of Object.entries(makers))
    Object.defineProperty(queries, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = make();
        Object.defineProperty(queries, name, { value, enumerable: true });
        return value;
      },
    });
  return queries as { readonly [Name in keyof Makers]: ReturnType<Makers[Name]> };
}
