import { expect, setDefaultTimeout, test } from "bun:test";
import { NativeLive } from "../../../src/engine/native-live/native-live.ts";
import type { EngineBounds } from "../../../src/engine/process/bounds.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";
import { planLive } from "../../../src/plan/live/plan-live.ts";
import { tempFolder } from "../../fixtures/clips.ts";
import { taskErrorOf } from "../../fixtures/failure-of.ts";
import { freeUdpPort, startPeer } from "../../fixtures/live-peers.ts";
import { boundsHere } from "../../fixtures/native-engine.ts";
import { aMedia, aRendition, targetsAt } from "../../plan/builders.ts";
import { capabilitiesHere } from "../../plan/run-plan.ts";

setDefaultTimeout(60_000);

const maxPixels = 1e6;
const never = new AbortController().signal;

/** The live streams of this machine's ffmpeg. */
const openLive = (bounds?: EngineBounds): NativeLive =>
  new NativeLive({
    ...{ ffmpeg: "ffmpeg", ffprobe: "ffprobe", maxPixels, graceMs: 500 },
    peers: { policy: OPEN_EGRESS },
    ...(bounds && { bounds }),
  });

/** Copies the video of a stream to a file. */
async function runFrom(url: string, bounds?: EngineBounds): Promise<void> {
  const folder = tempFolder();
  const assignments = [{ rendition: aRendition({ video: "copy" }), targets: [0] }];
  const media = { ...aMedia(), format: "live_flv" };
  const targets = targetsAt("out.mp4");
  const planned = planLive({ assignments, targets }, media, await capabilitiesHere());
  // Without what a plan adds, a limit may be too little to begin with.
  const plan = { ...planned, load: { ...planned.load, pixels: 0, memoryBytes: 0 } };
  await openLive(bounds).run(
    {
      plan,
      run: { offsetSeconds: 0, part: 0, prefix: "p" },
      folder,
      recordings: folder,
      input: { url },
      onProgress: () => {},
      onTarget: () => {},
      onChanged: () => {},
      onSent: () => {},
      onLog: () => {},
    },
    never,
  );
}

test("a live stream that comes without the picture that it had is one that is away, not a bad one", async () => {
  const source = `udp://127.0.0.1:${await freeUdpPort()}`;
  const peer = startPeer("ffmpeg", [
    ...["-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "sine=r=48000", "-c:a", "aac"],
    ...["-f", "mpegts", `${source}?pkt_size=1316`],
  ]);
  const failure = await taskErrorOf(runFrom(source));
  expect([failure.code, failure.message]).toEqual([
    "source_unreachable",
    "Cannot read the source: a stream of it does not come",
  ]);
  await peer.stop();
});

// So little that ffmpeg and ffprobe are not even loaded.
test("a probe of a live stream that takes more memory than its limit is source_too_costly", async () => {
  const source = `udp://127.0.0.1:${await freeUdpPort()}`;
  const bounds = await boundsHere({ memoryBytes: 1 });
  const error = await taskErrorOf(openLive(bounds).probe(source, never));
  expect([error.code, error.message]).toEqual([
    "source_too_costly",
    `Cannot read the source: ffprobe has reached its memory limit of ${24 * maxPixels + 1} bytes`,
  ]);
});

test("a run of a live stream that takes more memory than its limit is limit_reached", async () => {
  const source = `udp://127.0.0.1:${await freeUdpPort()}`;
  const error = await taskErrorOf(runFrom(source, await boundsHere({ memoryBytes: 12e6 })));
  // Twice as much as that of a file.
  expect([error.code, error.message]).toEqual([
    "limit_reached",
    "Cannot encode: ffmpeg has reached its memory limit of 24000000 bytes",
  ]);
});
