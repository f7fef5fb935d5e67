import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Browser } from "playwright-core";
import { aBrowser, aPage, keysFile } from "../fixtures/page.ts";
import { type RunningService, startService } from "../fixtures/service.ts";

// A browser starts, which takes its time on a busy machine.
setDefaultTimeout(60_000);

let service: RunningService;
let browser: Browser;
beforeAll(async () => {
  [service, browser] = await Promise.all([startService(), aBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

test("/docs shows every call, and signs those that are tried, with keys that stay in the page", async () => {
  const { page, troubles } = await aPage(browser, { colorScheme: "light" });
  const outside: string[] = [];
  page.on("request", (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(service.url))
      outside.push(request.url());
  });
  await page.goto(`${service.url}/docs`);
  await page.locator(".opblock").first().waitFor();
  const { paths } = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  const calls = Object.values(paths).reduce((sum, path) => sum + Object.keys(path).length, 0);
  expect(await page.locator(".opblock").count()).toBe(calls);

  const call = page.locator("#operations-profiles-createProfile");
  const status = call.locator(".live-responses-table .response-col_status");
  await call.locator(".opblock-summary-control").click();
  await call.getByRole("button", { name: "Try it out" }).click();
  await call.getByRole("button", { name: "Execute" }).click();
  await status.getByText("401").waitFor();

  await page.getByLabel("or credentials.json").setInputFiles(keysFile(service));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(`Calls are signed as ${service.credentials.client_code}`).waitFor();
  await call.getByRole("button", { name: "Execute" }).click();
  await status.getByText("200").waitFor();
  expect(await call.locator(".live-responses-table").textContent()).toContain("my_720p");
  const shown = await page.content();
  expect(shown).toContain("apiCheckSum");
  expect(shown).not.toContain(service.credentials.private_key);
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).toBe("{}");

  await page.getByRole("button", { name: "Sign out" }).click();
  await call.getByRole("button", { name: "Execute" }).click();
  await status.getByText("401").waitFor();
  expect(outside).toEqual([]);
  // Chromium tells each refused call.
  expect(troubles.filter((one) => !one.includes("401"))).toEqual([]);
});

test("/docs is in the language of its reader where it is the page's own", async () => {
  const { page } = await aPage(browser, { locale: "zh-CN" });
  await page.goto(`${service.url}/docs`);
  await page.getByLabel("客户端代码").fill("client1");
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByText("此文件中没有客户端密钥。").waitFor();
});
