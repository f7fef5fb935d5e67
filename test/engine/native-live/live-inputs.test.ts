import { describe, expect, test } from "bun:test";
import { liveInputArgs, pipedInputArgs } from "../../../src/engine/native-live/live-inputs.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { type RelayedTracks, relayedMedia } from "../../../src/plan/live/relay.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { aCapabilities, aMedia, aRendition, targetsAt } from "../../plan/builders.ts";

const TS = { format: "mpegts" };
const MP4 = { format: "mov,mp4,m4a,3gp,3g2,mj2" };
const without = (media: MediaInfo, name: "video" | "audio"): MediaInfo => {
  const { [name]: _, ...rest } = media;
  return rest;
};
const picture = (more: Partial<MediaInfo>) => without(aMedia(more), "audio");
const sound = (more: Partial<MediaInfo>) => without(aMedia(more), "video");

/** How tracks are read by a run that feeds two live targets. */
function inputOf(...tracks: RelayedTracks): string {
  const { media, audioInput } = relayedMedia(tracks);
  const rendition = aRendition({ container: "flv", video: "copy", audio: "copy" });
  const targets = targetsAt("rtmp://a/live/x", "srt://b:1");
  const request = { assignments: [{ rendition, targets: [0, 1] }], targets, audioInput };
  return pipedInputArgs(tracks, planLive(request, media, aCapabilities()), 100).join(" ");
}
const LOOK = "-analyzeduration 2000000 -probesize 5000000 -fpsprobesize 0";
const UNTAGGED = "-tag:v 0 -tag:a 0";

describe("liveInputArgs", () => {
  test.each([
    ["rtmp://a/live/x", "-protocol_whitelist rtmp,tcp -f live_flv -rw_timeout"],
    ["srt://a:1", "-protocol_whitelist srt -f mpegts -rw_timeout"],
    ["udp://a:1", "-protocol_whitelist udp -f mpegts -timeout"],
    ["rtsp://a/x", "-protocol_whitelist tcp -f rtsp -timeout"],
  ])("pins the format of %s, and what it may open", (url, expected) => {
    expect(liveInputArgs(url, true).join(" ")).toStartWith(expected);
  });
});

describe("pipedInputArgs", () => {
  test("reads one track from stdin, its format and protocol pinned, at its own pace", () => {
    expect(inputOf(aMedia(TS))).toBe(
      `-max_pixels 100 -protocol_whitelist pipe -re -f mpegts ${UNTAGGED} ${LOOK}` +
        " -fflags +genpts+discardcorrupt -i pipe:0",
    );
  });

  test("reads a sound apart from a pipe behind those that count, and holds back what begins later", () => {
    const [main, audio] = [
      picture({ ...MP4, startSeconds: 12 }),
      sound({ ...MP4, startSeconds: 11.5 }),
    ];
    expect(inputOf(main, audio)).toBe(
      `-max_pixels 100 -protocol_whitelist pipe -re -f mov -itsoffset 0.500000 ${UNTAGGED} ${LOOK}` +
        " -fflags +genpts+discardcorrupt -i pipe:0" +
        ` -max_pixels 100 -protocol_whitelist pipe -re -f mov ${UNTAGGED} ${LOOK}` +
        " -fflags +genpts+discardcorrupt -i pipe:5",
    );
    const late = inputOf(picture({ ...TS, startSeconds: 1.4 }), sound({ ...TS, startSeconds: 2 }));
    expect(late.match(/-itsoffset \S+|pipe:\d/g)).toEqual([
      "pipe:0",
      "-itsoffset 0.600000",
      "pipe:5",
    ]);
    const other = inputOf(picture({ ...TS, startSeconds: 1 }), sound({ ...TS, startSeconds: 90 }));
    expect(other).not.toContain("-itsoffset");
  });
});
