import { expect, test } from "bun:test";
import { UnderWay } from "../../../src/http/observe/under-way.ts";

test("UnderWay waits for what is under way, and gives it on as it is", async () => {
  const work = new UnderWay();
  const [first, second, later] = [1, 2, 3].map(() => Promise.withResolvers<string>());
  expect(work.follow("at once")).toBe("at once");
  expect(work.follow(first?.promise)).toBe(first?.promise);
  work.follow(second?.promise);
  let hasEnded = false;
  const ended = work.ended().then(() => {
    hasEnded = true;
  });
  work.follow(later?.promise);
  first?.resolve("done");
  await first?.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(hasEnded).toBe(false);
  second?.reject(new Error("told to whoever asked for it"));
  await ended;
  expect(await Promise.race([later?.promise, "still under way"])).toBe("still under way");
});
