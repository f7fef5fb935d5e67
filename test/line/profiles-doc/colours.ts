import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clip } from "../../fixtures/clips.ts";
import { type Examples, inSet, shown } from "./example.ts";

const LIGHT =
  "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)";
const TOLD = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:range=limited";

/** The example of high dynamic ranges. */
export const COLOURS: Examples = {
  hdr_and_sdr: {
    source: () =>
      clip({
        video: "libx265",
        args: [
          ...["-s", "160x90", "-pix_fmt", "yuv420p10le", "-x265-params"],
          `log-level=none:${TOLD}:${LIGHT}:max-cll=1000,400`,
        ],
      }),
    judge: async ({ path }) => {
      const master = readFileSync(path, "utf8");
      const infos = [...master.matchAll(/CODECS="([^"]+)"(?:,VIDEO-RANGE=(\w+))?/g)];
      expect(infos.map(([, codecs, range]) => [codecs?.slice(0, 9), range])).toEqual([
        ["hvc1.2.4.", "PQ"],
        ["avc1.6400", undefined],
      ]);
      const manifest = readFileSync(inSet(path, "manifest.mpd"), "utf8");
      const [, wide = "", usual = ""] = manifest.split(/<AdaptationSet /);
      expect(wide).toContain(
        '<EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="16"/>',
      );
      expect(usual).not.toContain("cicp");
      const colours = "frame=pix_fmt,color_transfer:frame_side_data=max_content";
      const first = ["-select_streams", "v", "-read_intervals", "%+#1"];
      const [kept, mapped] = await Promise.all(
        [...master.matchAll(/^[^#].*$/gm)].map(([name]) =>
          shown(join(dirname(path), name), colours, "-allowed_extensions", "ALL", ...first),
        ),
      );
      expect(kept?.join()).toMatch(/yuv420p10le.*smpte2084/);
      expect(kept?.join()).toContain("1000");
      expect(mapped?.join()).toMatch(/yuv420p,.*bt709/);
    },
  },
};
