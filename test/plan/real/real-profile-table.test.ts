import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type EngineColumn, measuredEngines } from "../../../scripts/profile-table/engines.ts";
import { askAll } from "../../../scripts/profile-table/table.ts";
import type { Capabilities } from "../../../src/plan/plan.ts";
import { openWasm } from "../../fixtures/wasm-engine.ts";
import { capabilitiesHere, TIMEOUT_MS } from "../run-plan.ts";

setDefaultTimeout(TIMEOUT_MS);

const ENGINES = measuredEngines();

/** Compares what the tables of docs/profiles.md say of an engine with what follows of all that it says itself. */
function compare(title: string, real: Capabilities): void {
  const told = ENGINES[title as EngineColumn];
  expect(told && askAll(title, told)).toEqual(askAll(title, real));
}

describe("the tables of profiles (if not: bun scripts/write-profile-table.ts --measure)", () => {
  test("say of this FFmpeg what it can do", async () => {
    const here = await capabilitiesHere();
    compare(`FFmpeg ${here.version.slice(0, 3)}`, here);
  });

  test("say of WebAssembly what its core can do", async () => {
    const engine = await openWasm();
    const { capabilities } = engine;
    await engine.close();
    compare("WebAssembly", capabilities);
  });
});
