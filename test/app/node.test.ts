import { expect, test } from "bun:test";
import { type WorkingParts, workingNode } from "../../src/app/node.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { Drain } from "../../src/service/drain.ts";

/** A drain of a node that has not taken tasks up, which is told to finish. */
async function finished(begin: (drain: Drain) => void) {
  const drain = new Drain({ worker: () => undefined, now: () => 5_000, onEnd: () => {} });
  begin(drain);
  const { config } = parseConfig({}, { cores: 1 });
  const node = workingNode(config, { drain } as unknown as WorkingParts, false);
  await node.finish(new AbortController().signal);
  const standing = drain.standing();
  drain.end();
  return standing;
}

test("a node that finishes takes nothing up, and hands back when it was ordered to before", async () => {
  const unasked = await finished(() => {});
  expect([unasked.isOn, "handBackMs" in unasked]).toEqual([true, false]);
  expect(await finished((drain) => drain.begin(60_000))).toMatchObject({ handBackMs: 65_000 });
});
