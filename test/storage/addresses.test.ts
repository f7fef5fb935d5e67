import { describe, expect, test } from "bun:test";
import { quoteAddress } from "../../src/storage/addresses.ts";

describe("quoteAddress", () => {
  test("shows characters that could hide or move text by their number", () => {
    expect(quoteAddress("a\u0085b\u202ec\u2028\n")).toBe('"a\\u0085b\\u202ec\\u2028\\n"');
  });

  test("masks a password even where the address is cut", () => {
    const quoted = quoteAddress(`http://user:${"p".repeat(300)}@host/${"x".repeat(300)}`);
    expect(quoted).toStartWith('"http://***@host/xx');
    expect(quoted.length).toBeLessThan(220);
  });
});
