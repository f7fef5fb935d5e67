import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, ffmpeg, tempFolder } from "../fixtures/clips.ts";
import { startMediaServer } from "../fixtures/media-server.ts";
import { ofFile } from "../fixtures/of-file.ts";
import { newHome, startService } from "../fixtures/service.ts";

// Real programs on a busy machine take longer than the five seconds a test has by default.
setDefaultTimeout(60_000);

const SECONDS = 8;
const home = newHome();
copyFileSync(await clip({ seconds: SECONDS, width: 160, height: 90 }), join(home.media, "in.mp4"));
const service = await ofFile(startService(home));
const server = await startMediaServer();
afterAll(() => server.close());
server.folders.set("/media/", home.media);
for (const name of ["rotated", "given"])
  server.folders.set(`/media/${name}/`, join(home.media, name));

const GIVEN = "00112233445566778899aabbccddeeff";
const SMALL = {
  container: "m3u8",
  bitrate: 100_000,
  height: 64,
  audio_bitrate: 64_000,
  gop_size: 25,
};

/** Makes `in.mp4` into a set of groups. @returns the task */
async function made(name: string, qlties: readonly object[], more: object = {}) {
  const body = { profile_name: name, qlties, ...more };
  const answer = await service.call("/api/v1/profile", { body });
  expect(answer.status).toBe(200);
  expect(await answer.text()).not.toContain(GIVEN);
  const id = await service.create({
    source: { source_url: "in.mp4" },
    profile_name: name,
    targets: [{ target_url: `${name}.m3u8` }],
  });
  return service.until(id, ({ task_status }) => task_status === "SUCCESS");
}

/** How many pictures a player of HLS shows of a set. */
const picturesOf = async (name: string): Promise<number> => {
  const urls = ["-allowed_extensions", "ALL", "-i", server.url(`/media/${name}.m3u8`)];
  const shown = join(tempFolder(), "shown.txt");
  await ffmpeg([...urls, "-map", "0:v:0", "-f", "framemd5", shown]);
  return readFileSync(shown, "utf8").match(/^0,/gm)?.length ?? 0;
};

/** Holds that the given key is in no file of the service, and in no line of its log. */
function expectUntold(): void {
  const kept = readdirSync(home.data, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  expect(kept.length).toBeGreaterThan(0);
  for (const secret of [GIVEN, Buffer.from(GIVEN, "hex")])
    expect(kept.filter((bytes) => bytes.includes(secret))).toEqual([]);
  expect(service.log()).not.toContain(GIVEN);
}

const PICTURES = SECONDS * 25;

describe("encrypted sets", () => {
  test("of keys that are made for the task, another every segment, play with what the API answers", async () => {
    const key_url = server.url("/keys/{task_id}/{key}");
    const encryption = { key_url, rotate_segments: 1 };
    const { task_id, targets } = await made("rotated", [
      { ...SMALL, format: "h265", preset: "highPerformance", encryption },
    ]);
    const { keys } = targets[0]?.output?.encryption ?? { keys: 0 };
    expect(keys).toBeGreaterThan(1);
    const values = new Set<string>();
    for (let key = 0; key < keys; key += 1) {
      const answer = await service.call(`/api/v1/task/transcoding/${task_id}/keys/${key}`);
      const { value } = (await answer.json()) as { value: string };
      values.add(value);
      server.files.set(`/keys/${task_id}/${key}`, Buffer.from(value, "hex"));
    }
    expect(values.size).toBe(keys);
    expect(await picturesOf("rotated")).toBe(PICTURES);
    // Nothing of it plays without the right keys.
    for (let key = 0; key < keys; key += 1)
      server.files.set(`/keys/${task_id}/${key}`, Buffer.alloc(16));
    expect(await picturesOf("rotated")).toBe(0);
  });

  test("of a key that is given: every rung has it, the small pictures stay, and it is stored and logged nowhere", async () => {
    const encryption = { key_url: "/keys/given", key: GIVEN };
    const group = { ...SMALL, encryption };
    const { targets } = await made("given", [group, { ...group, height: 72, bitrate: 150_000 }], {
      thumbnails: { interval_seconds: 2, width: 32 },
    });
    expect(targets[0]?.output?.encryption).toEqual({ method: "aes-128", keys: 1 });
    // Encrypted segments are whole blocks, and their sizes are told as they are.
    type Ladder = { readonly renditions: readonly { readonly size_bytes: number }[] };
    const { renditions } = (targets[0]?.output ?? {}) as Ladder;
    expect(renditions.map(({ size_bytes }) => size_bytes % 16)).toEqual([0, 0]);
    server.files.set("/keys/given", Buffer.from(GIVEN, "hex"));
    expect(await picturesOf("given")).toBe(PICTURES);
    const names = readdirSync(join(home.media, "given"));
    const sheets = names.filter((name) => name.endsWith(".jpg"));
    expect(sheets).toHaveLength(1);
    expect(
      readFileSync(join(home.media, "given", sheets[0] ?? ""))
        .subarray(0, 2)
        .toString("hex"),
    ).toBe("ffd8");
    expectUntold();
  });

  test("of samples, by a key that is given: other programs decrypt every rung, and it is stored and logged nowhere", async () => {
    const key_id = "ffeeddccbbaa99887766554433221100";
    const encryption = { method: "cbcs", key_url: "skd://{key_id}", key: GIVEN, key_id };
    const group = { ...SMALL, container: "cmaf", encryption };
    const { targets } = await made("samples", [group, { ...group, height: 72, bitrate: 150_000 }]);
    expect(targets[0]?.output?.encryption).toEqual({ method: "cbcs", keys: 1, key_id });
    expectUntold();
    const folder = join(home.media, "samples");
    const names = readdirSync(folder).toSorted();
    for (const [number, codec] of ["v", "v", "a"].entries()) {
      const own = names.filter(
        (name) => name.endsWith(`.init-${number}.mp4`) || name.includes(`.chunk-${number}-`),
      );
      const parts = own.toSorted(
        (one, other) => Number(other.includes(".init-")) - Number(one.includes(".init-")),
      );
      const [whole, shown] = ["whole.mp4", "shown.txt"].map((name) => join(tempFolder(), name));
      writeFileSync(
        whole ?? "",
        Buffer.concat(parts.map((name) => readFileSync(join(folder, name)))),
      );
      await ffmpeg([
        ...["-xerror", "-decryption_key", GIVEN, "-i", whole ?? ""],
        ...["-map", `0:${codec}`, "-f", "framemd5", shown ?? ""],
      ]);
      const frames = readFileSync(shown ?? "", "utf8").match(/^0,/gm)?.length ?? 0;
      if (codec === "v") expect(frames).toBe(PICTURES);
      else expect(frames).toBeGreaterThan(PICTURES);
    }
  });
});
