import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { openPostgres } from "../../src/db/postgres/postgres.ts";
import { PostgresServer } from "../fixtures/postgres-server.ts";

setDefaultTimeout(60_000);

/** What KEDA asks the database. */
const [, scaled] = parseAllDocuments(readFileSync("deploy/kubernetes-fleet/keda.yaml", "utf8")).map(
  (document) => document.toJS(),
);
const QUERY: string = scaled.spec.triggers[0].metadata.query;

test("KEDA counts what runs and what could run, by indexes, as a user who may see nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  const server = await PostgresServer.start(folder);
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = await server.createDatabase();
  await (await openPostgres(url)).close();
  // Of the states, five wait and two run; one waits for its next try.
  const states = ["PENDING", "RUNNING", "SUCCESS", "PENDING", "RUNNING", "FAILED"];
  const rows = [...states, "PENDING", "PENDING", "PENDING", "PENDING"].map(
    (status, at) => `('t${at}', '${status}', ${at === 9 ? 5 : "null"})`,
  );
  await server.query(
    `insert into tasks (id, status, not_before_ms, client_code, profile_name, priority, create_ms, attempt, failures,
       cancel_requested, event_sequence, attempts, targets, source_url, custom_profiles, assignments)
     select id, status, later::bigint, 'ada', 'p', 0, 0, 0, 0, false, 0, '[]', '[]', 's', '[]', '[]'
     from (values ${rows.join(", ")}) as made (id, status, later)`,
    url,
  );
  // As docs/fleet.md makes the user.
  const [made] = /create role pontus_keda[\s\S]*?on tasks to pontus_keda;/.exec(
    readFileSync("docs/fleet.md", "utf8"),
  ) ?? [""];
  await server.query(made, url);
  const asKeda = url.replace("//pontus@", "//pontus_keda@");
  const [counted] = await server.query(QUERY, asKeda);
  expect(Object.values(counted ?? {}).map(Number)).toEqual([7]);
  await expect(server.query("select source_url from tasks", asKeda)).rejects.toThrow("denied");
  await expect(server.query("select * from clients", asKeda)).rejects.toThrow("denied");
  // Small tables are read whole unless that is forbidden.
  const planned = await server.query(
    `explain ${QUERY}`,
    `${url}&options=-c%20enable_seqscan%3Doff`,
  );
  const scans = planned.map((row) => String(row["QUERY PLAN"])).filter((row) => /Scan/.test(row));
  expect(scans).toHaveLength(2);
  expect(scans[0]).toContain("using tasks_ready");
  // One of those that hold only what runs.
  expect(scans[1]).toMatch(/using tasks_(running|leases|workers)/);
});
