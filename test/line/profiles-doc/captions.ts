import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { parseWebVtt } from "../../../src/manifest/write/webvtt.ts";
import { CAPTIONED, CAPTIONED_TEXT } from "../../fixtures/captions.ts";
import { type Examples, inSet } from "./example.ts";

/** Captions. */
export const CAPTIONS: Examples = {
  captioned: {
    source: async () => CAPTIONED,
    judge: ({ path, task }) => {
      const master = readFileSync(path, "utf8");
      expect(master).toMatch(/TYPE=CLOSED-CAPTIONS,.*LANGUAGE="en",.*INSTREAM-ID="CC1"$/m);
      expect(master).toMatch(/^#EXT-X-STREAM-INF:.*CLOSED-CAPTIONS="captions"$/m);
      const manifest = readFileSync(inSet(path, "manifest.mpd"), "utf8");
      expect(manifest).toContain('"urn:scte:dash:cc:cea-608:2015" value="CC1=eng"');
      const [, texts = ""] =
        /TYPE=SUBTITLES.*LANGUAGE="en".*URI="[^"]*\/([^"]+)"/.exec(master) ?? [];
      const vtt = readFileSync(inSet(path, texts.replace(/m3u8$/, "vtt")), "utf8");
      expect(parseWebVtt(vtt).cues[0]?.text).toContain(CAPTIONED_TEXT);
      expect(task.warnings).toBeUndefined();
    },
  },
};
