import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { segmentsOf } from "../../src/manifest/write/set-playlists.ts";
import type { FinishedFiles } from "../../src/storage/storage.ts";
import { freely } from "../fixtures/freely.ts";
import type { StorageBench } from "../fixtures/storage-bench.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

const MASTER = [
  "#EXTM3U",
  '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="audio",URI="segments/media_1.m3u8"',
  '#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO="a"',
  "segments/media_0.m3u8",
  "",
].join("\n");

const media = (track: number): string =>
  [
    "#EXTM3U",
    `#EXT-X-MAP:URI="init-${track}.mp4"`,
    "#EXTINF:2.000000,",
    `chunk-${track}-00001.m4s`,
    "#EXT-X-ENDLIST",
    "",
  ].join("\n");

const template = (folder: string): string =>
  `<SegmentTemplate initialization="${folder}init-$RepresentationID$.mp4" media="${folder}chunk-$RepresentationID$-$Number%05d$.m4s" />\n` +
  `<BaseURL>${folder}subtitles_0.vtt</BaseURL>\n`;

/** Its text looks like the name of a small picture. */
const SUBTITLES = "WEBVTT\n\n00:00.000 --> 00:02.000\na#xywh=0,0,1,1\n";

/** Writes a finished set of two tracks into scratch; `mark` is what its segments hold. */
async function aLadder(
  scratch: string,
  mark: string,
  container: "cmaf" | "dash",
): Promise<FinishedFiles> {
  const folder = join(scratch, crypto.randomUUID());
  const segments = join(folder, "segments");
  await mkdir(segments, { recursive: true });
  for (const track of [0, 1]) {
    await writeFile(join(segments, `init-${track}.mp4`), `${mark} init ${track}`);
    await writeFile(join(segments, `chunk-${track}-00001.m4s`), `${mark} ${track}`);
  }
  await writeFile(join(segments, "subtitles_0.vtt"), SUBTITLES);
  if (container === "dash") {
    await writeFile(join(folder, "out.mpd"), template("segments/"));
    return { entry: join(folder, "out.mpd"), segments };
  }
  for (const track of [0, 1]) await writeFile(join(segments, `media_${track}.m3u8`), media(track));
  await writeFile(join(segments, "manifest.mpd"), template(""));
  await writeFile(join(segments, "sprite-00001.jpg"), `${mark} sprite`);
  const cue = "00:00.000 --> 00:02.000\nsprite-00001.jpg#xywh=0,0,160,90\n";
  await writeFile(join(segments, "thumbnails.vtt"), `WEBVTT\n\n${cue}`);
  await writeFile(join(folder, "out.m3u8"), MASTER);
  return { entry: join(folder, "out.m3u8"), segments };
}

/** What a player would read of a master: the segments that the playlists of its renditions name. */
async function playMaster({ read }: StorageBench, master: string): Promise<unknown> {
  const namedIn = async (playlist: string): Promise<readonly string[]> => {
    const base = playlist.slice(0, playlist.lastIndexOf("/") + 1);
    const uris = segmentsOf((await read(playlist)) ?? "");
    return uris.map((uri) => base + decodeURIComponent(uri));
  };
  const playlists = (await namedIn(master)).map(namedIn);
  return Promise.all(playlists.map(async (names) => Promise.all((await names).map(read))));
}

const played = (mark: string): unknown =>
  [1, 0].map((track) => [`${mark} init ${track}`, `${mark} ${track}`]);

/** What holds for the delivery of sets of several renditions. */
export function deliveringAdaptiveSets(
  make: () => Promise<StorageBench>,
  { describe, test, expect }: Harness,
): void {
  describe("deliver() of an adaptive set", () => {
    test("publishes playlists, manifest and pictures that name what lies there", async () => {
      const bench = await make();
      const finished = await aLadder(bench.scratch, "new", "cmaf");
      await bench.storage.deliver(finished, bench.address("a.m3u8"), freely("t-1"));
      expect(await playMaster(bench, "a.m3u8")).toEqual(played("new"));
      expect(await bench.read("a/manifest.mpd")).toBe(template("pontus.t-1."));
      const track = await bench.read("a/thumbnails.vtt");
      expect(track).toContain("\npontus.t-1.sprite-00001.jpg#xywh=0,0,160,90\n");
      expect(await bench.read("a/pontus.t-1.sprite-00001.jpg")).toBe("new sprite");
    });

    test("publishes a manifest that names the segments in its folder", async () => {
      const bench = await make();
      const finished = await aLadder(bench.scratch, "new", "dash");
      await bench.storage.deliver(finished, bench.address("a b.mpd"), freely("t-1"));
      expect(await bench.read("a b.mpd")).toBe(template("a%20b.dash/pontus.t-1."));
      expect(await bench.read("a b.dash/pontus.t-1.chunk-1-00001.m4s")).toBe("new 1");
      expect(await bench.read("a b.dash/pontus.t-1.subtitles_0.vtt")).toBe(SUBTITLES);
    });

    test("keeps the old set whole until the new one stands, then removes it if it can", async () => {
      const bench = await make();
      const url = bench.address("a.m3u8");
      await bench.storage.deliver(await aLadder(bench.scratch, "old", "cmaf"), url, freely("t-1"));
      const before = await bench.list();
      const seen: unknown[] = [];
      const mayPublish = async () => void seen.push(await playMaster(bench, "a.m3u8"));
      const finished = await aLadder(bench.scratch, "new", "cmaf");
      await bench.storage.deliver(finished, url, freely("t-2", { mayPublish }));
      expect(seen).not.toEqual([]);
      expect(seen).toEqual(seen.map(() => played("old")));
      expect(await playMaster(bench, "a.m3u8")).toEqual(played("new"));
      if (bench.canRemove)
        expect(await bench.list()).toEqual(
          before.map((name) => name.replace("pontus.t-1.", "pontus.t-2.")),
        );
    });
  });
}
