import { describe, expect, test } from "bun:test";
import { encryptedPlaylist } from "../../../src/manifest/write/encrypted-playlist.ts";

const lines = (...all: readonly string[]) => `${all.join("\n")}\n`;
const urlOf = (key: number) => `/keys/${key}`;
const KEY = (key: number) => `#EXT-X-KEY:METHOD=AES-128,URI="/keys/${key}"`;

describe("encryptedPlaylist", () => {
  test("names the one key before the first segment, after the init segment, which stays clear", () => {
    const head = ["#EXTM3U", "#EXT-X-MEDIA-SEQUENCE:1", '#EXT-X-MAP:URI="init.mp4"'];
    const body = ["#EXTINF:6.0,", "a.m4s", "#EXTINF:2.0,", "b.m4s", "#EXT-X-ENDLIST"];
    const made = encryptedPlaylist(lines(...head, ...body), undefined, urlOf);
    expect(made.text).toBe(lines(...head, KEY(0), ...body));
    expect(made.segments).toEqual([
      { name: "a.m4s", key: 0, sequence: 1 },
      { name: "b.m4s", key: 0, sequence: 2 },
    ]);
  });

  test("names another key where it changes, and counts segments from 0 if the playlist does not say", () => {
    const [a, b, c] = ["a.ts", "b.ts", "c.ts"].map((name) => ["#EXTINF:6.0,", name]);
    const made = encryptedPlaylist(
      lines("#EXTM3U", ...(a ?? []), ...(b ?? []), ...(c ?? [])),
      2,
      urlOf,
    );
    expect(made.text).toBe(
      lines("#EXTM3U", KEY(0), ...(a ?? []), ...(b ?? []), KEY(1), ...(c ?? [])),
    );
    expect(made.segments.map(({ key, sequence }) => [key, sequence])).toEqual([
      [0, 0],
      [0, 1],
      [1, 2],
    ]);
  });
});
