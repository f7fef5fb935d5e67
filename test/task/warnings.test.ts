import { describe, expect, test } from "bun:test";
import { addWarnings, type Warning } from "../../src/task/warnings.ts";

const warning = (message: string): Warning => ({ code: "target_name", message });

describe("addWarnings()", () => {
  test("keeps the order and each once", () => {
    expect(addWarnings([warning("a")], [warning("b"), warning("a"), warning("b")])).toEqual([
      warning("a"),
      warning("b"),
    ]);
  });

  test("keeps no more than a caller can read", () => {
    const many = Array.from({ length: 100 }, (_, index) => warning(String(index)));
    expect(addWarnings([], many)).toEqual(many.slice(0, 32));
  });
});
