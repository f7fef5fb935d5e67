import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { clip } from "../fixtures/clips.ts";
import { startFleet } from "../fixtures/fleet.ts";
import { aBrowser, axeFindings, signedIn } from "../fixtures/page.ts";
import { eventually, newHome, type RunningService, startService } from "../fixtures/service.ts";

// A browser beside an encoder takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const OPERATOR = {
  client_code: "operator",
  public_key: "pk-operator",
  private_key: "of the operator",
  admin: true,
};
const ADA = { client_code: "ada", public_key: "pk-ada", private_key: "of ada" };
const PROFILE = "video_mp4_320x240_240kbps";

let service: RunningService;
let browser: Browser;
let failed: string;

beforeAll(async () => {
  const home = newHome();
  copyFileSync(await clip(), join(home.media, "film.mp4"));
  writeFileSync(join(home.media, "broken.mp4"), "no film");
  const env = { PONTUS_CLIENTS: JSON.stringify([OPERATOR, ADA]) };
  [service, browser] = await Promise.all([startService(home, env), aBrowser()]);
  failed = await service.as(ADA).create({
    source: { source_url: "broken.mp4" },
    profile_name: PROFILE,
    targets: [{ target_url: "bad.mp4" }],
    metadata: { order: "A-17" },
  });
  await service.as(ADA).until(failed, ({ task_status }) => task_status === "FAILED");
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

describe("operators", () => {
  test("see all tasks, and find out why one failed", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/operate/tasks");
    await page.getByLabel("Client code").fill("ada");
    await page.getByRole("button", { name: "Failed" }).click();
    await page.getByLabel("Error code").selectOption("InvalidInputData");
    await page.getByLabel("Metadata (name=value)").fill("order=A-17");
    await page.locator(".row", { hasText: "bad.mp4" }).click();
    const { error } = await service.as(ADA).task(failed);
    await page
      .getByText(error?.detail ?? "no detail")
      .first()
      .waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Retry" }).click();
    await service.as(ADA).until(failed, ({ attempt }) => attempt === 2);
    await page.goto(`${service.url}/#/operate/tasks`);
    await page.getByLabel("Client code").fill("nobody");
    await page.getByText("No task fits").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("add clients, change them and give them new keys", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/operate/clients");
    await page.getByLabel("Client code").fill("bob");
    await page.getByRole("button", { name: "Add the client" }).click();
    const keys = async () => JSON.parse((await page.locator("pre").textContent()) ?? "");
    const bob = await keys();
    const list = (credentials: typeof ADA) =>
      service.as(credentials).call("/api/v1/task/transcoding");
    expect((await list(bob)).status).toBe(200);
    await page.locator("summary", { hasText: "bob" }).click();
    await page.getByRole("button", { name: "New keys" }).click();
    await page.getByText("The client has new keys.").waitFor();
    await page.waitForFunction(
      (old) => document.querySelector("pre")?.textContent !== old,
      JSON.stringify(bob, null, 2),
    );
    const fresh = await keys();
    expect([(await list(bob)).status, (await list(fresh)).status]).toEqual([200, 200]);
    const card = page.locator("details[open]");
    await card.getByLabel("Pending tasks at most").fill("7");
    await card.getByLabel("Disabled").check();
    expect(await axeFindings(page)).toEqual([]);
    await card.getByRole("button", { name: "Save" }).click();
    await page.locator("summary .badge", { hasText: "Disabled" }).waitFor();
    expect((await list(fresh)).status).toBe(401);
    const answer = await service.call("/api/v1/admin/clients");
    const { clients } = (await answer.json()) as { clients: { client_code: string }[] };
    expect(clients.find(({ client_code }) => client_code === "bob")).toMatchObject({
      pending_max: 7,
      running_max: null,
      disabled: true,
    });
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("see the queue, the workers and the limits, and drain the service", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/operate");
    await page.getByText("this one").waitFor();
    await page.getByRole("button", { name: "Begin to drain" }).click();
    await page.getByText("This service takes no tasks up").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Take tasks up again" }).click();
    await page.getByRole("button", { name: "Begin to drain" }).waitFor();
    await page.getByRole("link", { name: "Limits" }).click();
    await page.getByText("client_pending_max").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("drain a worker of a fleet from the page of another node", async () => {
    const fleet = await startFleet();
    try {
      const [api, worker] = await Promise.all([
        fleet.node("api"),
        fleet.node("worker", { PONTUS_ZONE: "eu-1" }),
      ]);
      const { page, troubles } = await signedIn(api, browser, "#/operate");
      const line = page.locator("li", { hasText: "eu-1" });
      const isDrained = async () => {
        const drain = await (await worker.call("/api/v1/admin/drain")).json();
        return (drain as { draining: boolean }).draining;
      };
      await line.getByRole("button", { name: "Begin to drain" }).click();
      await page.getByText("The worker is being drained.").waitFor();
      await line.getByText("draining").waitFor();
      await eventually(async () => (await isDrained()) || undefined);
      expect(await axeFindings(page)).toEqual([]);
      await line.getByRole("button", { name: "Take tasks up again" }).click();
      await page.getByText("The worker takes tasks up again.").waitFor();
      await line.getByRole("button", { name: "Begin to drain" }).waitFor();
      await eventually(async () => !(await isDrained()) || undefined);
      // One that has stopped leaves the list.
      await worker.stop();
      await line.waitFor({ state: "detached" });
      expect(troubles).toEqual([]);
      await page.context().close();
    } finally {
      await fleet.stop();
    }
  });

  test("alone see such views", async () => {
    const { page } = await signedIn(service.as(ADA), browser);
    await page.locator(".row").first().waitFor();
    // The answer by which the page knows, and the view after it.
    await page.waitForFunction(() =>
      performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/admin/queue")),
    );
    await page.evaluate(() => new Promise(requestAnimationFrame));
    expect(await page.getByRole("link", { name: "Operate" }).count()).toBe(0);
    await page.context().close();
  });
});
