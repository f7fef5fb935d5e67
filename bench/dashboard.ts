import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { aBrowser } from "../test/fixtures/page.ts";
import { fillStore } from "./fill.ts";
import { type Findings, figure, type PartOptions } from "./report.ts";
import { CREDENTIALS, newHome, startPontus } from "./service.ts";
import { type Spread, spreadOf } from "./statistics.ts";

const ROWS = 10_000;
const ROUNDS = 15;
const ROUNDS_QUICK = 3;
const BAR_MS = 1_000;

/** What somebody waits for who has never been here: the form, then their tasks, in ms; and what came over the line. */
type Visit = { readonly formMs: number; readonly listMs: number; readonly bytes: number };

/** A visit with nothing in the browser's cache. */
async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on("requestfinished", (request) => {
    sizes.push(
      request
        .sizes()
        .then(
          ({ responseBodySize, responseHeadersSize }) => responseBodySize + responseHeadersSize,
        ),
    );
  });
  const startMs = performance.now();
  await page.goto(url);
  await page.locator("#credentials").waitFor();
  const formMs = performance.now() - startMs;
  await page.locator("#credentials").setInputFiles({
    name: "credentials.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(CREDENTIALS)),
  });
  const signMs = performance.now();
  await page.locator("button.primary").click();
  await page.locator(".row").nth(49).waitFor();
  const listMs = performance.now() - signMs;
  const bytes = (await Promise.all(sizes)).reduce((sum, one) => sum + one, 0);
  await context.close();
  return { formMs, listMs, bytes };
}

/** How soon a browser that knows nothing of the dashboard shows it, and the newest of many tasks. */
export async function measureDashboard({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const home = newHome(scratch);
  mkdirSync(home.data, { recursive: true });
  await fillStore(join(home.data, "pontus.db"), ROWS);
  const server = await startPontus(home, { PONTUS_CONCURRENCY: "0" });
  const browser = await aBrowser();
  const visits: Visit[] = [];
  try {
    for (let round = 0; round < (isQuick ? ROUNDS_QUICK : ROUNDS); round += 1)
      visits.push(await visit(browser, server.url));
  } finally {
    await browser.close();
    await server.stop();
    rmSync(home.data, { recursive: true, force: true });
  }
  const whole = spreadOf(visits.map(({ formMs, listMs }) => formMs + listMs));
  const form = spreadOf(visits.map(({ formMs }) => formMs));
  const list = spreadOf(visits.map(({ listMs }) => listMs));
  const bytes = Math.max(...visits.map((one) => one.bytes));
  const shown = ({ p50, max }: Spread) => `median ${figure(p50)} ms, max ${figure(max)} ms`;
  say(`form ${shown(form)}; list ${shown(list)}; ${figure(bytes / 1000)} kB`);
  const rows = [
    {
      key: "dashboard.first-view",
      what: `first visit in headless Chromium, ${ROWS} tasks in the store: the page, and the newest 50 once signed in`,
      ours: `${shown(whole)}; ${figure(bytes / 1000)} kB`,
      peer: "",
      bar: `median < ${BAR_MS} ms`,
      isMet: whole.p50 < BAR_MS,
    },
  ];
  return { rows, facts: { visits, form, list, whole } };
}
