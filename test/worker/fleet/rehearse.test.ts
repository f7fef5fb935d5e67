import { expect, test } from "bun:test";
import { everything } from "../../../src/fleet/all-capabilities.ts";
import { planOnce, rehearse } from "../../../src/worker/fleet/rehearse.ts";

const SELF = { id: "worker-1", engine: "native", abilities: ["aac"] } as const;

test("a rehearsal plans an encode of picture and sound", () => {
  const told = planOnce(everything);
  expect(told[1]).toContain("targets[0] will be mp4: video encode to h264 640x360");
  expect(told[1]).toContain("audio encode to aac");
  expect(told[2]).toContain("-c:v libx264");
});

test("a rehearsal asks the queue, and fails for nobody", async () => {
  const asked: unknown[] = [];
  const refuse = async (self: unknown): Promise<void> => {
    asked.push(self);
    throw new Error("the database is away");
  };
  await rehearse({ rehearse: refuse }, { ...SELF, capabilities: everything });
  await rehearse({}, { ...SELF, capabilities: { ...everything, encoders: [] } });
  expect(asked).toEqual([SELF]);
});
