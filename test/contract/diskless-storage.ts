import type { DisklessStorage, TargetWriter, WriteOptions } from "../../src/storage/storage.ts";
import { playSet } from "../fixtures/finished.ts";
import { failureOf } from "./storage.ts";

type Harness = Pick<typeof import("bun:test"), "describe" | "test" | "expect">;

/** A storage with a place of its own, and a way to look behind it. */
export type DisklessBench = {
  readonly storage: DisklessStorage;
  /** The address of a name in the place; slashes make folders. */
  readonly address: (name: string) => string;
  readonly put: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
  readonly list: () => Promise<readonly string[]>;
};

type Make = () => Promise<DisklessBench>;

const never = new AbortController().signal;

/** Bytes that differ everywhere: those of one place are not taken for those of another. */
export const bytesOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 9)) & 255);

const freely = (more: Partial<WriteOptions> = {}): WriteOptions => ({
  tag: "t-1",
  entry: "out.mp4",
  isSet: false,
  mayPublish: async () => {},
  mayTidy: async () => {},
  signal: never,
  ...more,
});

const PLAYLIST =
  "#EXTM3U\n#EXTINF:2.0,\nsegments/0.ts\n#EXTINF:2.0,\nsegments/1.ts\n#EXT-X-ENDLIST\n";

/** What holds for every storage that needs no disk. */
export function disklessContract(name: string, make: Make, harness: Harness): void {
  harness.describe(`${name} without a disk`, () => {
    reading(make, harness);
    writing(make, harness);
    writingSets(make, harness);
  });
}

function reading(make: Make, { describe, test, expect }: Harness): void {
  describe("read()", () => {
    test("gives any part of a source, in any order", async () => {
      const { storage, address, put } = await make();
      const bytes = bytesOf(5_000_000);
      await put("in.mp4", bytes);
      const source = await storage.read(address("in.mp4"), never);
      expect([source.sizeBytes, source.extension]).toEqual([bytes.length, ".mp4"]);
      for (const position of [0, 4_999_999, 1_048_570, 3_000_000, 1]) {
        const part = await source.read(position, 100);
        expect(part.length).toBeGreaterThan(0);
        expect([...part]).toEqual([...bytes.subarray(position, position + part.length)]);
      }
      let position = 0;
      while (position < bytes.length) position += (await source.read(position, 262_144)).length;
      expect(position).toBe(bytes.length);
      source.close();
    });

    test("tells of an empty source, and of one that is missing", async () => {
      const { storage, address, put } = await make();
      await put("empty.mp4", new Uint8Array());
      expect((await storage.read(address("empty.mp4"), never)).sizeBytes).toBe(0);
      const missing = storage.read(address("none.mp4"), never);
      expect((await failureOf(missing)).code).toBe("source_missing");
    });

    test("ends with the reason of an aborted signal", async () => {
      const { storage, address } = await make();
      const reason = new Error("enough");
      const reading = storage.read(address("in.mp4"), AbortSignal.abort(reason));
      expect((await failureOf(reading)) as Error).toBe(reason);
    });
  });
}

/** As the engine does it, and around the sizes that streams of Node's hold back. */
const PIECES = [262_144, 1_000, 65_536, 140_000];

/** Writes a file in pieces, each of which is overwritten once it was taken: it is the caller's again then. */
export async function writeAll(
  writer: TargetWriter,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0, count = 0; at < bytes.length; count += 1) {
    const piece = bytes.slice(at, at + (PIECES[count % PIECES.length] ?? 0));
    await writer.write(name, piece);
    at += piece.length;
    piece.fill(0);
  }
  await writer.close(name);
}

function writing(make: Make, { describe, test, expect }: Harness): void {
  describe("write()", () => {
    for (const size of [1_000, 10_000_000])
      test(`shows nothing of ${size} bytes before they are published, and all of them then`, async () => {
        const { storage, address, read } = await make();
        const asked: unknown[] = [];
        const mayPublish = async () => void asked.push(await read("a.mp4"));
        const writer = await storage.write(address("a.mp4"), freely({ mayPublish }));
        await writeAll(writer, "out.mp4", bytesOf(size));
        expect(await read("a.mp4")).toBeUndefined();
        await writer.publish(new Map());
        expect(asked).toEqual([undefined]);
        expect(Buffer.compare((await read("a.mp4")) ?? Buffer.of(), bytesOf(size))).toBe(0);
      });

    for (const size of [1_000, 10_000_000])
      test(`leaves the old file where ${size} bytes are discarded`, async () => {
        const { storage, address, put, read, list } = await make();
        await put("a.mp4", Buffer.from("old"));
        const writer = await storage.write(address("a.mp4"), freely());
        await writeAll(writer, "out.mp4", bytesOf(size));
        await writer.discard();
        expect(Buffer.from((await read("a.mp4")) ?? []).toString()).toBe("old");
        const other = await storage.write(address("b.mp4"), freely());
        await writeAll(other, "out.mp4", bytesOf(size));
        await other.discard();
        expect(await list()).toEqual(["a.mp4"]);
      });

    test("publishes nothing that may not be", async () => {
      const { storage, address, list } = await make();
      const refusal = new Error("the lease ran out");
      const mayPublish = () => Promise.reject(refusal);
      for (const size of [1_000, 10_000_000]) {
        const writer = await storage.write(address("a.mp4"), freely({ mayPublish }));
        await writeAll(writer, "out.mp4", bytesOf(size));
        expect((await failureOf(writer.publish(new Map()))) as Error).toBe(refusal);
        await writer.discard();
        expect(await list()).toEqual([]);
      }
    });
  });
}

function writingSets(make: Make, { describe, test, expect }: Harness): void {
  describe("write() of a set", () => {
    const begin = async ({ storage, address }: DisklessBench) => {
      const options = freely({ entry: "out.m3u8", isSet: true });
      const writer = await storage.write(address("live/a b.m3u8"), options);
      await writeAll(writer, "0.ts", Buffer.from("one"));
      await writeAll(writer, "1.ts", Buffer.from("two"));
      return writer;
    };

    test("has the segments before the playlist, which names them", async () => {
      const bench = await make();
      const writer = await begin(bench);
      expect(await bench.read("live/a b.m3u8")).toBeUndefined();
      await writer.publish(new Map([["out.m3u8", PLAYLIST]]));
      const read = async (path: string) => {
        const bytes = await bench.read(path);
        return bytes && Buffer.from(bytes).toString();
      };
      expect(await playSet({ read }, "live/a b.m3u8")).toEqual(["one", "two"]);
    });

    test("takes the segments away where it is discarded", async () => {
      const bench = await make();
      await (await begin(bench)).discard();
      expect(await bench.list()).toEqual([]);
    });
  });
}
