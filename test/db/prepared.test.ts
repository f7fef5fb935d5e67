import { describe, expect, test } from "bun:test";
import { prepared } from "../../src/db/prepared.ts";

describe("prepared()", () => {
  test("prepares a query when it is first asked for, once, and no other", () => {
    const made: string[] = [];
    const make = (name: string) => () => {
      made.push(name);
      return { name };
    };
    const queries = prepared({ one: make("one"), other: make("other") });
    expect(made).toEqual([]);
    expect(queries.one).toBe(queries.one);
    expect(queries.one.name).toBe("one");
    expect(made).toEqual(["one"]);
  });

  test("tries again where preparing failed", () => {
    let isLocked = true;
    const queries = prepared({
      query: () => {
        if (isLocked) throw new Error("database is locked");
        return "made";
      },
    });
    expect(() => queries.query).toThrow("locked");
    isLocked = false;
    expect(queries.query).toBe("made");
  });
});
