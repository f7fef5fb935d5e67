import { expect, test } from "bun:test";
import { outputMeterStep } from "../../../src/plan/verify/meter.ts";

test("outputMeterStep has all meters in one graph, whose messages come one after the other", () => {
  const { args } = outputMeterStep(3);
  const graphs = args.flatMap((arg, at) => (arg === "-filter_complex" ? [args[at + 1] ?? ""] : []));
  expect(graphs).toHaveLength(1);
  const meters = [...(graphs[0] ?? "").matchAll(/ebur128@meter(\d)/g)].map(([, at]) => at);
  expect(meters).toEqual(["0", "1", "2"]);
  expect(args).not.toContain("-af");
  expect(args.filter((arg) => arg.startsWith("[metered"))).toHaveLength(3);
});
