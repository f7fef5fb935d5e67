import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { watchGauges } from "../../src/telemetry/gauges.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";

const RULES = "deploy/prometheus/pontus.rules.yml";
const never = () => Promise.reject(new Error("not asked"));

/** The registry as a service has it. */
function aRegistry() {
  const metrics = new Metrics();
  watchGauges(
    metrics,
    {
      queue: { depth: never, oldestDueMs: never },
      intake: { isOpen: () => true },
      worker: () => undefined,
      now: () => 0,
    },
    { build: { version: "1", runtime: "bun" }, folders: [], spaceOf: never },
  );
  return metrics.registry;
}

const labelsOf = (registry: Metrics["registry"], name: string): readonly string[] =>
  (registry.getSingleMetric(name) as unknown as { labelNames: string[] }).labelNames;

/** Each metric with its labels, its samples named as a query names them. */
async function samples(): Promise<ReadonlyMap<string, readonly string[]>> {
  const registry = aRegistry();
  const all = (await registry.getMetricsAsJSON()).flatMap(({ name, type }) => {
    const labels = [...labelsOf(registry, name), "job", "instance"];
    const parts: readonly (readonly [string, readonly string[]])[] =
      String(type) === "histogram"
        ? [
            [`${name}_bucket`, [...labels, "le"]],
            [`${name}_sum`, labels],
            [`${name}_count`, labels],
          ]
        : [[name, labels]];
    return parts;
  });
  // What Prometheus itself adds to each target.
  return new Map([...all, ["up", ["job", "instance"]]]);
}

type Query = { readonly where: string; readonly text: string };

const queries = (): readonly Query[] => {
  const dashboard = JSON.parse(readFileSync("deploy/grafana/pontus.json", "utf8")) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  const { groups } = parse(readFileSync(RULES, "utf8")) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  return [
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ where: title, text: expr })),
    ),
    ...groups.flatMap(({ rules }) =>
      rules.map(({ alert, expr }) => ({ where: alert, text: expr })),
    ),
  ];
};

/** The metrics that a query reads. */
const readBy = ({ text }: Query): readonly string[] =>
  [...text.matchAll(/\b(?:pontus|process)_\w+|\bup\b/g)].map(([name]) => name);

describe("deploy/", () => {
  test("the dashboard and the alerts read metrics that there are, by labels that they have", async () => {
    const known = await samples();
    const lacking = queries().flatMap((query) => {
      const names = readBy(query);
      const labels = new Set(names.flatMap((name) => known.get(name) ?? []));
      const selected = [...query.text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(
        ([, l = ""]) => l,
      );
      const grouped = [...query.text.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
        list.split(",").map((label) => label.trim()),
      );
      return [
        ...names.filter((name) => !known.has(name)),
        ...[...selected, ...grouped].filter((label) => !labels.has(label)),
      ].map((what) => `${query.where}: ${what}`);
    });
    expect(queries().length).toBeGreaterThan(30);
    expect(lacking).toEqual([]);
  });

  test("what scales by a metric goes by one that there is", async () => {
    const known = await samples();
    const texts = readdirSync("deploy/kubernetes").map((file) =>
      readFileSync(`deploy/kubernetes/${file}`, "utf8"),
    );
    const named = texts.flatMap((text) =>
      [...text.matchAll(/\bname: (pontus_\w+)/g)].map(([, name = ""]) => name),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test("every query reads a metric, and every metric is looked at", async () => {
    expect(queries().filter((query) => readBy(query).length === 0)).toEqual([]);
    const read = new Set(queries().flatMap(readBy));
    const unread = (await aRegistry().getMetricsAsJSON())
      .filter(({ name }) => ![...read].some((each) => each.startsWith(name)))
      .map(({ name }) => name);
    // It is there for the list of jobs.
    expect(unread).toEqual(["pontus_build_info"]);
  });

  test("docs/observability.md has every metric with its labels, and no other", async () => {
    const [, section = ""] = readFileSync("docs/observability.md", "utf8").split("## Metrics");
    const rows = [...section.matchAll(/^\| (`(?:pontus|process)_[^|]+)\|([^|]*)\| /gm)];
    const told = rows.flatMap(([, names = "", labels = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(
        ([, name]) => `${name} ${labels.replaceAll("`", "").trim()}`,
      ),
    );
    const registry = aRegistry();
    const made = (await registry.getMetricsAsJSON()).map(
      ({ name }) => `${name} ${labelsOf(registry, name).join(", ")}`,
    );
    expect(told.map((row) => row.trim()).toSorted()).toEqual(
      made.map((row) => row.trim()).toSorted(),
    );
  });

  test("names end in their units, as Prometheus has it", async () => {
    for (const { name, type } of await aRegistry().getMetricsAsJSON()) {
      const isCounter = String(type) === "counter";
      expect(`${name} ${name.endsWith("_total")}`).toBe(`${name} ${isCounter}`);
      if (String(type) === "histogram") expect(name).toMatch(/_(seconds|bytes|ratio)$/);
    }
  });

  // Debian's package prometheus has it; what it checks does not depend on this machine.
  test.skipIf(!Bun.which("promtool"))(
    "promtool takes the rules, and they fire when they should",
    async () => {
      const run = (...args: readonly string[]) => execFileSync("promtool", args, { stdio: "pipe" });
      expect(String(run("check", "rules", RULES))).toContain("SUCCESS: 13 rules found");
      expect(String(run("test", "rules", "deploy/prometheus/pontus.rules.test.yml"))).toContain(
        "SUCCESS",
      );
      const input = await aRegistry().metrics();
      execFileSync("promtool", ["check", "metrics"], { input, stdio: "pipe" });
    },
  );
});
