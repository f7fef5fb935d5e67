import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settleCaptions } from "../../../src/worker/subtitles/caption-texts.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { openBelow } from "../../fixtures/process-facts.ts";
import { eventually } from "../../fixtures/service.ts";

setDefaultTimeout(60_000);

test("captions that nobody waits for any more leave no file open", async () => {
  const folder = tempFolder();
  // As ffmpeg takes them out of MPEG-2: user data with a pair of CEA-608, again and again.
  const packet = Buffer.from("000001b247413934034100fc9420", "hex");
  const count = 20_000;
  writeFileSync(join(folder, "data"), Buffer.concat(Array(count).fill(packet)));
  const lines = Array.from({ length: count }, (_, at) => `0, ${at}, ${at}, 1, ${packet.length}, 0`);
  writeFileSync(join(folder, "times"), ["#tb 0: 1/25", ...lines].join("\n"));
  const texts = [{ channel: "CC1", file: "CC1.vtt" }];
  const captions = { data: "data", times: "times", codec: "mpeg2video", texts, fromSeconds: 0 };
  const stop = AbortSignal.abort(new Error("it is cancelled"));
  await expect(settleCaptions(folder, captions, stop)).rejects.toThrow("it is cancelled");
  await eventually(() => openBelow(folder).length === 0 || undefined);
});
