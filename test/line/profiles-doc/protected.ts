import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clip, tempFolder } from "../../fixtures/clips.ts";
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
};
