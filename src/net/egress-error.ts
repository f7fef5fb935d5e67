/** Why there is no answer, or no complete one; `state` ends a sentence. */
export class EgressError extends Error {
  override readonly name = "EgressError";

  constructor(
    readonly kind: "hangs" | "slow" | "unreachable" | "redirect",
    readonly state: string,
    options?: ErrorOptions,
  ) {
    super(state, options);
  }
}
