/** What clients owe for the slots that they were given, by their codes; who owes nothing is not in it. */
export class Debts {
  readonly #owed: Map<string, number>;
  readonly #before: number;
  #forgiven: number;
  readonly #changed = new Set<string>();

  /** @param forgiven - as much is forgiven to all, so that whoever owes no more than that owes nothing */
  constructor(owed: Iterable<readonly [clientCode: string, debt: number]>, forgiven: number) {
    this.#owed = new Map(owed);
    this.#before = forgiven;
    this.#forgiven = forgiven;
  }

  get forgiven(): number {
    return this.#forgiven;
  }

  get isMoreForgiven(): boolean {
    return this.#forgiven > this.#before;
  }

  /** What a client owes, with what is forgiven; undefined if it owes nothing. */
  of(clientCode: string): number | undefined {
    return this.#owed.get(clientCode);
  }

  /** Has a client owe the price of a slot. It was the one that owed least, so what it owed is forgiven to all. */
  take(clientCode: string, price: number): void {
    const debt = this.#owed.get(clientCode) ?? 0;
    if (debt > this.#forgiven) {
      this.#forgiven = debt;
      for (const [code, owed] of this.#owed) if (owed <= debt) this.#owed.delete(code);
    }
    this.#owed.set(clientCode, this.#forgiven + price);
    this.#changed.add(clientCode);
  }

  /** What those owe now that were given slots, and still owe something. */
  changed(): readonly (readonly [clientCode: string, debt: number])[] {
    return [...this.#changed].flatMap((code) => {
      const debt = this.#owed.get(code);
      return debt === undefined ? [] : [[code, debt] as const];
    });
  }

  copy(): Debts {
    return new Debts(this.#owed, this.#forgiven);
  }
}
