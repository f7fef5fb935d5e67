import { describe, expect, test } from "bun:test";
import { TaskIds } from "../../src/store/task-id.ts";

const NOW_MS = 1_700_000_000_000;

describe("TaskIds", () => {
  test("makes UUIDs of version 7 that tell their time", () => {
    const id = new TaskIds().next(NOW_MS);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(NOW_MS);
  });

  test("grow by more than the counter holds in one millisecond, and when the clock goes back", () => {
    const ids = new TaskIds();
    const made = Array.from({ length: 10_000 }, (_, i) =>
      ids.next(i < 5000 ? NOW_MS : NOW_MS - 60_000),
    );
    expect(made.every((id, i) => i === 0 || id > (made[i - 1] ?? ""))).toBe(true);
  });

  test("do not repeat their random part", () => {
    const ids = new TaskIds();
    const tails = Array.from({ length: 1000 }, () => ids.next(NOW_MS).slice(19));
    expect(new Set(tails).size).toBe(1000);
  });
});
