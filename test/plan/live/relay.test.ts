import { describe, expect, test } from "bun:test";
import { liveOutputArgs } from "../../../src/engine/native-live/live-outputs.ts";
import type { LivePlan } from "../../../src/plan/live/live.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { type RelayedTracks, refuseUnrelayed, relayedMedia } from "../../../src/plan/live/relay.ts";
import type { MediaInfo } from "../../../src/probe/media.ts";
import { systemProfile } from "../../../src/profile/system-profiles.ts";
import { aCapabilities, aMedia, aRendition, targetsAt } from "../builders.ts";

const TS = { format: "mpegts" };
const MP4 = { format: "mov,mp4,m4a,3gp,3g2,mj2" };
const URLS = ["rtmp://a/live/x", "srt://b:1"];
const without = (media: MediaInfo, name: "video" | "audio"): MediaInfo => {
  const { [name]: _, ...rest } = media;
  return rest;
};
const picture = (more: Partial<MediaInfo>) => without(aMedia(more), "audio");
const sound = (more: Partial<MediaInfo>) => without(aMedia(more), "video");

const planOf = (tracks: RelayedTracks, targetUrls: readonly string[] = URLS) => {
  const { media, audioInput } = relayedMedia(tracks);
  const rendition = systemProfile("video_flv_transmux")?.renditions[0] ?? aRendition();
  const assignments = [{ rendition, targets: targetUrls.map((_, at) => at) }];
  return planLive(
    { assignments, targets: targetsAt(...targetUrls), audioInput },
    media,
    aCapabilities(),
  );
};

describe("planLive of tracks that come apart", () => {
  test("maps the sound from its own input", () => {
    const mapsOf = ({ outputs }: LivePlan) => outputs[0]?.streams.map(({ map }) => map);
    expect(mapsOf(planOf([picture(TS), sound(TS)]))).toEqual(["0:0", "1:1"]);
    expect(mapsOf(planOf([aMedia(TS)]))).toEqual(["0:0", "0:1"]);
  });

  test("records aac that is copied without a header in every packet", () => {
    const plan = planOf([aMedia(TS)], ["rtmp://a/live/x", "out.flv"]);
    const args = liveOutputArgs(plan, { offsetSeconds: 0, part: 0, prefix: "pontus.t-set.1-0" });
    expect(args.at(-1)?.split("|").at(-1)).toBe(
      "[use_fifo=0:onfail=ignore:f=mp4:bsfs/a=aac_adtstoasc:movflags=+delay_moov+default_base_moof:frag_duration=1000000:flush_packets=1]recorded-0/part-00000.mp4",
    );
  });
});

describe("refuseUnrelayed", () => {
  test("lets MPEG-TS and mp4 pass, and a sound apart of the same format", () => {
    expect(() => refuseUnrelayed([aMedia(TS)])).not.toThrow();
    expect(() => refuseUnrelayed([picture(MP4), sound(MP4)])).not.toThrow();
  });

  test("refuses what does not come in segments, and tracks without a common clock", () => {
    expect(() => refuseUnrelayed([sound({ format: "aac" })])).toThrow("its segments are aac");
    expect(() => refuseUnrelayed([picture(TS), sound(MP4)])).toThrow("in another format");
    const packed = sound({ format: "aac" });
    expect(() => refuseUnrelayed([picture(TS), packed])).toThrow("its segments are aac");
  });
});
