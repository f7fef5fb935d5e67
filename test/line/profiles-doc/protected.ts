import { expect } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clip, ffmpeg, tempFolder } from "../../fixtures/clips.ts";
import { type Examples, inSet } from "./example.ts";

const KEY = /#EXT-X-KEY:METHOD=AES-128,URI="https:\/\/keys\.example\.com\/([^/"]+)\/(\d+)"/g;

/** Encrypted sets. */
export const PROTECTED: Examples = {
  encrypted_hls: {
    source: () => clip({ seconds: 8, width: 160, height: 90 }),
    clear: async ({ path, task }, call) => {
      const folder = tempFolder();
      let playlist = readFileSync(path, "utf8");
      for (const [whole, id = "", key = ""] of playlist.matchAll(KEY)) {
        expect(id).toBe(task.task_id);
        const answer = await call(`/api/v1/task/transcoding/${id}/keys/${key}`);
        const { value } = (await answer.json()) as { value: string };
        const file = join(folder, key);
        writeFileSync(file, Buffer.from(value, "hex"));
        playlist = playlist.replace(whole, `#EXT-X-KEY:METHOD=AES-128,URI="file:${file}"`);
      }
      const clear = path.replace(/\.m3u8$/, ".clear.m3u8");
      writeFileSync(clear, playlist);
      return clear;
    },
    judge: ({ path, task }) => {
      const playlist = readFileSync(path, "utf8");
      expect([...playlist.matchAll(KEY)].map(([, , key]) => key)).toEqual(["0"]);
      expect(task.targets[0]?.output?.encryption).toEqual({ method: "aes-128", keys: 1 });
      const [segment = ""] = /^.*\.ts$/m.exec(playlist) ?? [];
      const bytes = readFileSync(inSet(path, segment.split("/").at(-1) ?? ""));
      // Every packet of a clear one begins with 0x47.
      expect(bytes.length % 16).toBe(0);
      expect(Array.from({ length: 8 }, (_, at) => bytes[at * 188])).not.toEqual(
        Array(8).fill(0x47),
      );
    },
  },
  encrypted_samples: {
    source: () => clip({ seconds: 2, width: 160, height: 90 }),
    clear: async ({ path, task }, call) => {
      const answer = await call(`/api/v1/task/transcoding/${task.task_id}/keys/0`);
      const { value, key_id } = (await answer.json()) as { value: string; key_id: string };
      expect(task.targets[0]?.output?.encryption).toEqual({ method: "cbcs", keys: 1, key_id });
      const clear = join(tempFolder(), "clear.m3u8");
      const streams = [0, 1].flatMap((number) => [
        ...["-decryption_key", value, "-i", wholeStream(path, number)],
      ]);
      await ffmpeg([...streams, "-map", "0", "-map", "1", "-c", "copy", clear]);
      return clear;
    },
    judge: ({ path, task }) => {
      const { task_id } = task;
      const keyId = task.targets[0]?.output?.encryption?.key_id ?? "";
      for (const number of [0, 1]) {
        const playlist = readFileSync(inSet(path, nameIn(path, `media_${number}.m3u8`)), "utf8");
        expect(playlist).toMatch(
          new RegExp(
            `METHOD=SAMPLE-AES,URI="https://keys.example.com/${task_id}/0",IV=0x\\w{32},KEYFORMAT="identity"`,
          ),
        );
        const init = readFileSync(inSet(path, nameIn(path, `init-${number}.mp4`)));
        expect(init.includes(Buffer.from(keyId, "hex"))).toBe(true);
        expect(init.includes(number === 0 ? "encv" : "enca")).toBe(true);
      }
      const manifest = readFileSync(inSet(path, "manifest.mpd"), "utf8");
      expect(manifest.replaceAll("-", "")).toContain(`cenc:default_KID="${keyId}"`);
      expect(manifest).toContain(`>https://keys.example.com/license/${task_id}<`);
    },
  },
};

/** The published name of a file of a set. */
const nameIn = (path: string, own: string): string =>
  readdirSync(dirname(inSet(path, "manifest.mpd"))).find((name) => name.endsWith(own)) ?? own;

/** The init segment and the segments of a stream of a set, as one file. */
function wholeStream(path: string, number: number): string {
  const folder = dirname(inSet(path, "manifest.mpd"));
  const names = readdirSync(folder).toSorted();
  const chunks = names.filter((name) => name.includes(`.chunk-${number}-`));
  const whole = join(tempFolder(), "whole.mp4");
  const parts = [nameIn(path, `init-${number}.mp4`), ...chunks];
  writeFileSync(whole, Buffer.concat(parts.map((name) => readFileSync(join(folder, name)))));
  return whole;
}
