import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { clip } from "../fixtures/clips.ts";
import { aBrowser, axeFindings, signedIn } from "../fixtures/page.ts";
import { type RunningService, startService } from "../fixtures/service.ts";

// A browser beside an encoder takes longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

let service: RunningService;
let browser: Browser;

beforeAll(async () => {
  const env = { PONTUS_MEDIA_API: "yes" };
  [service, browser] = await Promise.all([startService(undefined, env), aBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

/** Drops a file where the page takes them, as somebody does by hand; `make` gives its bytes, in the page. */
async function drop(page: Page, name: string, make: string): Promise<void> {
  const transfer = await page.evaluateHandle<DataTransfer>(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([(${make})()], ${JSON.stringify(name)}));
    return data;
  })()`);
  await page.locator(".drop").dispatchEvent("drop", { dataTransfer: transfer });
}

/** So many words, each another one. */
const countedWords = (count: number): string =>
  `() => Uint32Array.from({ length: ${count} }, (_, at) => at)`;
const WORDS = 4_250_000;

/** Plays what a target holds until some of it was seen. */
async function plays(page: Page, target: number): Promise<void> {
  const item = page.locator(".targets > li").nth(target);
  await item.getByRole("button", { name: "Play" }).click();
  await item.locator("video").waitFor();
  await page.waitForFunction(async (at) => {
    const video = document.querySelectorAll(".targets > li")[at]?.querySelector("video");
    await video?.play().catch(() => undefined);
    return (video?.currentTime ?? 0) > 0.3 && (video?.videoWidth ?? 0) > 0;
  }, target);
}

describe("files", () => {
  test("are dropped, transcoded, and played: a film with its poster, and a set", async () => {
    const { page, troubles } = await signedIn(service, browser, "#/new");
    await page.locator(".drop").waitFor();
    const film = readFileSync(await clip({ seconds: 4 })).toString("base64");
    const bytes = `() => Uint8Array.from(atob("${film}"), (one) => one.charCodeAt(0))`;
    await drop(page, "my film.mp4", bytes);
    await page.getByText("my film.mp4 is there.").waitFor();
    expect(await page.getByLabel("Source").inputValue()).toBe("my film.mp4");
    expect(await page.getByLabel("Target 1").inputValue()).toBe("my film.out.mp4");
    expect(await axeFindings(page)).toEqual([]);
    await page.getByLabel("Its own profile").fill("video_mp4_320x240_240kbps");
    await page.getByRole("button", { name: "Add a target" }).click();
    await page.getByRole("textbox", { name: "Target 2" }).fill("set/film.m3u8");
    await page.getByLabel("Its own profile").nth(1).fill("video_hls_320x240_240kbps");
    await page.getByRole("button", { name: "Add a target" }).click();
    await page.getByRole("textbox", { name: "Target 3" }).fill("film.jpg");
    await service.call("/api/v1/profile", {
      body: { profile_name: "still", qlties: [{ container: "jpg", bitrate: 1_000_000 }] },
    });
    await page.getByLabel("Its own profile").nth(2).fill("still");
    await page.getByRole("button", { name: "Create the task" }).click();
    await page.locator(".title .badge-success").waitFor();
    await plays(page, 0);
    const poster = await page.locator("video").first().getAttribute("poster");
    expect(poster).toStartWith("blob:");
    await plays(page, 1);
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForFunction(
      () => (document.querySelector("img.stage") as HTMLImageElement | null)?.naturalWidth,
    );
    expect(await axeFindings(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test("go on where they stand when their connection breaks", async () => {
    const { page } = await signedIn(service, browser, "#/new");
    const starts: (string | undefined)[] = [];
    await page.route("**/api/v1/media/**", async (route) => {
      const request = route.request();
      if (request.method() !== "PUT") return route.continue();
      starts.push(request.headers()["content-range"]);
      return starts.length === 2 ? route.abort("connectionreset") : route.continue();
    });
    await page.locator(".drop").waitFor();
    await drop(page, "long.bin", countedWords(WORDS));
    await page.getByText("long.bin is there.").waitFor();
    const words = Buffer.from(Uint32Array.from({ length: WORDS }, (_, at) => at).buffer);
    expect(readFileSync(join(service.home.media, "long.bin")).equals(words)).toBe(true);
    // The piece that was lost is sent again, and none before it.
    expect(starts).toEqual([
      "bytes 0-8388607/17000000",
      "bytes 8388608-16777215/17000000",
      "bytes 8388608-16777215/17000000",
      "bytes 16777216-16999999/17000000",
    ]);
    await page.context().close();
  });
});
