import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { makeProducts, profileOf } from "../../fixtures/made-products.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

/** Key frames after the first are of open groups of pictures: no decoder begins anew there. */
const source = () =>
  clip({
    ...{ seconds: 13, width: 160, height: 90 },
    args: ["-x264-params", "open-gop=1:keyint=25:min-keyint=25:scenecut=0:bframes=2"],
  });

/** What a player knows of the picture that has nothing but this file. */
function widthOf(path: string): string {
  const args = ["-v", "quiet", "-select_streams", "v", "-show_entries", "stream=width"];
  const [first = ""] = execFileSync("ffprobe", [...args, "-of", "csv=p=0", path], {
    encoding: "utf8",
  }).split(/\s/);
  return first;
}

describe("a copy of open groups of pictures", () => {
  test("into HLS has parameter sets in each of its segments", async () => {
    const copy = { container: "m3u8", video: "copy", audio: "copy" } as const;
    const { folder, plans, warnings } = await makeProducts(await source(), profileOf(copy));
    const segments = join(folder, "0/segments");
    const widths = readdirSync(segments).map((name) => widthOf(join(segments, name)));
    expect(widths).toEqual(["160", "160", "160"]);
    expect(plans.map(({ steps }) => steps[0]?.args.includes("-bsf:v"))).toEqual([false, true]);
    expect(plans[1]?.products[0]?.video.action).toBe("copy");
    expect(warnings).toEqual([]);
  });

  test("into MPEG-TS has them where it begins with one", async () => {
    const cut = join(tempFolder(), "cut.mkv");
    await ffmpeg(["-ss", "1.5", "-i", await source(), "-t", "3", "-c", "copy", cut]);
    const copy = { container: "mpegts", video: "copy", audio: "copy" } as const;
    const { verified } = await makeProducts(cut, profileOf(copy));
    expect(widthOf(verified[0]?.finished.entry ?? "")).toBe("160");
  });
});
