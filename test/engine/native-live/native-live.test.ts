import { expect, setDefaultTimeout, test } from "bun:test";
import { NativeLive } from "../../../src/engine/native-live/native-live.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { freeUdpPort, startPeer } from "../../fixtures/live-peers.ts";
import { aMedia, aRendition, targetsAt } from "../../plan/builders.ts";
import { capabilitiesHere } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

test("a live stream that comes without the picture that it had is one that is away, not a bad one", async () => {
  const source = `udp://127.0.0.1:${await freeUdpPort()}`;
  const peer = startPeer("ffmpeg", [
    ...["-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "sine=r=48000", "-c:a", "aac"],
    ...["-f", "mpegts", `${source}?pkt_size=1316`],
  ]);
  const [ffmpeg, ffprobe, folder] = ["ffmpeg", "ffprobe", tempFolder()];
  const peers = { policy: OPEN_EGRESS };
  const live = new NativeLive({ ffmpeg, ffprobe, maxPixels: 36e6, graceMs: 500, peers });
  const assignments = [{ rendition: aRendition({ video: "copy" }), targets: [0] }];
  const media = { ...aMedia(), format: "live_flv" };
  const targets = targetsAt("out.mp4");
  const failure = await taskErrorOf(
    live.run(
      {
        plan: planLive({ assignments, targets }, media, await capabilitiesHere()),
        run: { offsetSeconds: 0, part: 0, prefix: "p" },
        folder,
        recordings: folder,
        input: { url: source },
        onProgress: () => {},
        onTarget: () => {},
        onChanged: () => {},
        onSent: () => {},
        onLog: () => {},
      },
      new AbortController().signal,
    ),
  );
  expect([failure.code, failure.message]).toEqual([
    "source_unreachable",
    "Cannot read the source: a stream of it does not come",
  ]);
  await peer.stop();
});
