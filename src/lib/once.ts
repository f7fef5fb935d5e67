/** Runs an action when it is first asked for, and gives the same result to all callers: a rejected promise too, but an action that throws is tried again. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
