import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { clip } from "../fixtures/clips.ts";
import { aBrowser, answerLate, aPage, axeFindings, keysFile, signedIn } from "../fixtures/page.ts";
import { newHome, type RunningService, startService } from "../fixtures/service.ts";

// A browser beside an encoder takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const FIRST_VIEW_BYTES_MAX = 100_000;
const PHONE = { viewport: { width: 360, height: 740 } };

let service: RunningService;
let browser: Browser;
/** Tasks that ended well, and badly. */
let made: { done: string; failed: string };

beforeAll(async () => {
  const home = newHome();
  copyFileSync(await clip(), join(home.media, "film.mp4"));
  copyFileSync(await clip({ seconds: 30, audio: false }), join(home.media, "long.mp4"));
  writeFileSync(join(home.media, "broken.mp4"), "no film");
  [service, browser] = await Promise.all([startService(home), aBrowser()]);
  const task = (source: string, target: string) =>
    service.create({
      source: { source_url: source },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: target }],
      metadata: { order: "A-17" },
    });
  made = { done: await task("film.mp4", "done.mp4"), failed: await task("broken.mp4", "bad.mp4") };
  await service.until(made.done, ({ task_status }) => task_status === "SUCCESS");
  await service.until(made.failed, ({ task_status }) => task_status === "FAILED");
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

describe("signing in", () => {
  test("takes the keys of a client by the fields, and says when they are wrong", async () => {
    const { page, troubles } = await aPage(browser);
    const { client_code, public_key, private_key } = service.credentials;
    await page.goto(service.url);
    await page.getByLabel("Client code").fill(client_code);
    await page.getByLabel("Public key").fill(public_key);
    await page.getByLabel("Private key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    // Chromium tells each refused call.
    expect(troubles.filter((one) => !one.includes("401"))).toEqual([]);
    await page.getByLabel("Private key").fill(private_key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Tasks" }).waitFor();
    // Nothing of the keys is kept.
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(kept).toBe("{}");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Client code").waitFor();
    await page.context().close();
  });

  test("says where it cannot sign: on pages that are neither of HTTPS nor of this machine", async () => {
    const { page, troubles } = await aPage(browser);
    await page.goto(service.url.replace("127.0.0.1", "media.pontus.test"));
    await page.getByRole("alert").getByText("by HTTPS").waitFor();
    expect(await page.locator("input").count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("works where the clock of the browser is an hour late", async () => {
    const { page } = await aPage(browser);
    await page.clock.setSystemTime(Date.now() - 3_600_000);
    await page.goto(service.url);
    await page.locator("#credentials").setInputFiles(keysFile(service));
    await page.locator("button.primary").click();
    await page.locator(".row").first().waitFor();
    await page.context().close();
  });
});

test("the language and the theme that were chosen are kept for the next visit", async () => {
  const { page } = await aPage(browser, { colorScheme: "dark" });
  await page.goto(service.url);
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("button", { name: "主题：跟随系统" }).click();
  await page.reload();
  await page.getByRole("button", { name: "主题：浅色" }).waitFor();
  expect(await page.getAttribute("html", "data-theme")).toBe("light");
  await page.context().close();
});

describe("the list of tasks", () => {
  test("is filtered, searched and walked through by keys", async () => {
    const { page, troubles } = await signedIn(service, browser);
    const rows = page.locator(".rows .row");
    await rows.nth(1).waitFor();
    await page.getByRole("button", { name: "Failed" }).click();
    // "bad.mp4" stood in the whole list as well.
    await rows.nth(1).waitFor({ state: "detached" });
    await page.locator(".row", { hasText: "bad.mp4" }).waitFor();
    expect(await rows.count()).toBe(1);
    await page.getByRole("button", { name: "All" }).click();
    await page.keyboard.press("/");
    await page.keyboard.type("a-17");
    await page.locator(".row", { hasText: "done.mp4" }).waitFor();
    await page.keyboard.type(" nowhere");
    await page.getByText("No task fits").waitFor();
    await page.keyboard.press("Control+A");
    await page.keyboard.type(made.done);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "film.mp4" }).waitFor();
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("follows what happens elsewhere", async () => {
    const { page, troubles } = await signedIn(service, browser);
    await service.create({
      source: { source_url: "film.mp4" },
      profile_name: "video_mp4_320x240_240kbps",
      targets: [{ target_url: "elsewhere.mp4" }],
    });
    const row = page.locator(".row", { hasText: "elsewhere.mp4" });
    await row.getByText("Success").waitFor();
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

describe("a task", () => {
  test("is created, watched, cancelled, tried again and deleted", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/new");
    await page.getByLabel("Source").fill("long.mp4");
    await page.getByLabel("Profile", { exact: true }).fill("video_webm_vp9_1280x720_1200kbps");
    await page.getByLabel("Target 1").fill("long.webm");
    await page.getByRole("button", { name: "Create the task" }).click();
    await page.getByText("Running").first().waitFor();
    await page.getByText("Frames per second").waitFor();
    await page.locator(".curve canvas").waitFor();
    // From here on, no reading of the task is answered: only what is told moves it on.
    const reads = /\/task\/transcoding\/[0-9a-f-]{36}$/;
    await page.route(reads, () => {});
    const percent = await page.locator(".facts dd").first().textContent();
    await page.waitForFunction(
      (before) => document.querySelector(".facts dd")?.textContent !== before,
      percent,
    );
    await page.unroute(reads);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".title .badge-cancelled").waitFor();
    await page.getByRole("button", { name: "Retry" }).click();
    await page.locator(".title .badge-running").waitFor();
    // The first run and the second, the newest first.
    await page.locator(".attempts li[value='2']").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".title .badge-cancelled").waitFor();
    await page.getByRole("link", { name: "New task like this" }).click();
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#source")?.value);
    expect(await page.getByLabel("Target 1").inputValue()).toBe("long.webm");
    await page.goBack();
    await answerLate(page, "DELETE", 1_000);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Tasks" }).waitFor();
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("that failed says why, and one that is done what its target holds", async () => {
    const { page, troubles } = await signedIn(service, browser, `#/task/${made.failed}`);
    const detail = (await service.task(made.failed)).error?.detail ?? "no detail";
    await page.getByText(detail).first().waitFor();
    expect(await page.title()).toBe("Task · Pontus");
    await page.goto(`${service.url}/#/task/${made.done}`);
    await page.getByText("h264 320×240 25 fps").waitFor();
    await page.getByText("A-17").waitFor();
    await page.locator("summary", { hasText: "Events" }).click();
    await page.locator(".event", { hasText: "Created" }).waitFor();
    expect(await page.locator(".event strong").allTextContents()).toEqual([
      "Ended",
      "Target",
      "Target",
      "Run begins",
      "Created",
    ]);
    await page.locator("summary", { hasText: "Log" }).click();
    await page.locator(".decisions li").first().waitFor();
    await page.locator("summary", { hasText: "Plan" }).click();
    await page.getByText("Steps", { exact: true }).waitFor();
    await page.getByText("-i", { exact: false }).first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("that cannot be created says at the field what is wrong with it", async () => {
    const { page } = await signedIn(service, browser, "#/new");
    await page.getByLabel("Source").fill("film.mp4");
    await page.getByLabel("Target 1").fill(`x${"/very-long".repeat(900)}`);
    await page.getByRole("button", { name: "Create the task" }).click();
    const input = page.getByLabel("Target 1");
    await page.locator("#target-0-fault").waitFor();
    expect(await input.getAttribute("aria-invalid")).toBe("true");
    await page.context().close();
  });
});

describe("a new task", () => {
  test("shows its plan before it is made", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/new");
    await page.getByLabel("Source").fill("film.mp4");
    await page.getByLabel("Target 1").fill("planned.mp4");
    await page.getByRole("button", { name: "Show the plan" }).click();
    await page.getByText("Streams of the source").waitFor();
    await page.getByText("encoded").first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

describe("profiles", () => {
  test("are shown, made by the form that the API describes, and deleted", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/profiles");
    await page.getByText("video_hls_adaptive", { exact: true }).waitFor();
    await page.getByRole("link", { name: "New profile" }).click();
    await page.getByLabel("Name").fill("my_360p");
    await page.getByLabel("width").fill("640");
    await page.getByLabel("preset").selectOption("highPerformance");
    await page.getByRole("button", { name: "Add a rendition" }).click();
    await page.getByLabel("width").nth(1).fill("320");
    await page.getByRole("button", { name: "Create the profile" }).click();
    await page.getByText("my_360p", { exact: true }).click();
    const answer = await service.call("/api/v1/profile/my_360p");
    const { qlties } = (await answer.json()) as { qlties: { width: number; preset: string }[] };
    expect(qlties.map(({ width, preset }) => [width, preset])).toEqual([
      [640, "highPerformance"],
      [320, "highPerformance"],
    ]);
    const own = page.locator("details", { hasText: "my_360p" });
    await own.getByRole("button", { name: "Delete" }).click();
    await own.getByText("Delete this profile?").waitFor();
    await own.getByRole("button", { name: "Delete" }).click();
    await own.waitFor({ state: "detached" });
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

describe("every view", () => {
  const views = () => ["#/", `#/task/${made.failed}`, "#/new", "#/profiles", "#/profiles/new"];

  test.each([
    ["in light, on a desk", { colorScheme: "light" }],
    ["in dark, on a phone, in Chinese", { ...PHONE, colorScheme: "dark", locale: "zh-CN" }],
  ] as const)("has nothing that axe finds, and fits: %s", async (_, options) => {
    const { page: first } = await aPage(browser, options);
    await first.goto(service.url);
    await first.locator("#code").waitFor();
    expect(await axeFindings(first)).toEqual([]);
    await first.context().close();

    const { page, troubles } = await signedIn(service, browser, "#/", options);
    for (const view of views()) {
      await page.goto(`${service.url}/${view}`);
      await page.locator("main h1").waitFor();
      await page.waitForFunction(() => !/Loading|加载中/.test(document.body.textContent));
      expect([view, ...(await axeFindings(page))]).toEqual([view]);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect([view, over]).toEqual([view, 0]);
    }
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(
      "locale" in options ? "zh-CN" : "en",
    );
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("of the first visit comes in less than 100 kB", async () => {
    const { page } = await aPage(browser);
    const sizes: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      sizes.push(request.sizes().then((one) => one.responseBodySize + one.responseHeadersSize));
    });
    await page.goto(service.url);
    await page.locator("#credentials").setInputFiles(keysFile(service));
    await page.locator("button.primary").click();
    await page.locator(".row").first().waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, one) => sum + one, 0);
    expect(sizes.length).toBeGreaterThan(20);
    expect(bytes).toBeLessThan(FIRST_VIEW_BYTES_MAX);
    await page.context().close();
  });
});
