import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { assignRenditions } from "../../../src/profile/assign.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { LiveTargets } from "../../../src/worker/live/live-targets.ts";
import { startRun } from "../../fixtures/bench-run.ts";
import { playedLive } from "../../fixtures/held-engine.ts";
import { eventually } from "../../fixtures/service.ts";
import { sqliteBench } from "../../fixtures/sqlite-bench.ts";
import { aMedia } from "../../plan/builders.ts";

setDefaultTimeout(60_000);

const TARGET = "rtmp://127.0.0.1/live/out";
/** Longer than a connection has to hold by the clock. */
const HELD_MS = 1_300;

/** The targets of a live task with one of them, over real stores. */
async function aTarget() {
  const bench = sqliteBench();
  const profile = systemProfile("video_flv_transmux");
  if (!profile) throw new Error("there is no such profile");
  const changes = {
    sourceUrl: "rtmp://127.0.0.1/live/in",
    targets: [{ url: TARGET, key: TARGET }],
    assignments: assignRenditions(profile, [undefined]),
  };
  const run = await startRun(bench, changes, { live: playedLive(aMedia()).live });
  const targets = new LiveTargets(run);
  const status = async () => (await bench.tasks.get("ada", run.task.id)).targets[0]?.status;
  return { targets, status };
}

describe("LiveTargets", () => {
  test("calls a connection up once it has held, by the clock and of the stream", async () => {
    const { targets, status } = await aTarget();
    targets.report({ kind: "open", url: TARGET });
    targets.advance(0.4);
    await Bun.sleep(HELD_MS);
    expect(targets.isAnyUp).toBeFalse();
    targets.advance(1.2);
    expect(targets.isAnyUp).toBeTrue();
    await targets.finish();
    expect(await status()).toBe("SUCCESS");
  });

  test("waits for the clock where a source sends much at once", async () => {
    const { targets } = await aTarget();
    targets.report({ kind: "open", url: TARGET });
    targets.advance(10);
    expect(targets.isAnyUp).toBeFalse();
    await eventually(() => (targets.isAnyUp ? true : undefined));
  });

  test("calls nothing delivered to a connection that had no time to refuse what is sent", async () => {
    const { targets, status } = await aTarget();
    targets.advance(5);
    targets.report({ kind: "open", url: TARGET });
    // The source has ended, and what was under way comes out.
    targets.advance(5.5);
    await Bun.sleep(HELD_MS);
    await targets.finish();
    expect(await status()).toBe("FAILED");
  });
});
