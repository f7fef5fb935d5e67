import { createReadStream } from "node:fs";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cutCues, flattenCues, formatWebVtt } from "../../manifest/write/webvtt.ts";
import type { CaptionTexts } from "../../plan/plan.ts";
import { captionsIn } from "../../probe/bytes/caption-marks.ts";
import { type CaptionPacket, captionReader } from "./caption-cues.ts";

/** Packets come in the order in which they are decoded. No codec here shows a picture further behind than this. */
const REORDERED_MAX = 64;
/** More than the captions of a picture take; what else a packet holds is not read. */
const PACKET_BYTES_MAX = 64 << 10;

/**
 * Makes texts of the captions that a run has taken out of the source, of the part that was asked for, from its beginning on.
 *
 * @throws {TaskError} `input_not_supported` if they are more than any film has
 */
export async function settleCaptions(
  folder: string,
  { data, times, codec, texts, fromSeconds, toSeconds }: CaptionTexts,
  signal: AbortSignal,
): Promise<void> {
  const reader = captionReader();
  let lastMs = 0;
  const file = await open(join(folder, data));
  try {
    for await (const packet of inShownOrder(packetsIn(file, join(folder, times), codec))) {
      signal.throwIfAborted();
      reader.push(packet);
      lastMs = packet.ms;
    }
  } finally {
    await file.close();
  }
  const fromMs = Math.round(fromSeconds * 1000);
  const toMs = toSeconds === undefined ? lastMs : Math.round(toSeconds * 1000);
  const tracks = reader.end(Math.max(lastMs, toMs));
  for (const { channel, file: own, flat } of texts) {
    const cues = cutCues(tracks.get(channel) ?? [], { fromMs, toMs });
    await writeFile(join(folder, own), formatWebVtt({ head: [], cues }));
    if (flat === undefined) continue;
    await writeFile(join(folder, flat), formatWebVtt({ head: [], cues: flattenCues(cues) }));
  }
}

const TIME_BASE = /^#tb 0: (\d+)\/(\d+)/;
/** The stream, its times of decoding and showing, its length, and its bytes. */
const PACKET = /^0,\s*(-?\d+),\s*(-?\d+),\s*-?\d+,\s*(\d+),/;
/** How ffmpeg writes a time that it does not know. */
const UNKNOWN = -(2 ** 63);

/** The captions of all packets that have some, in the order of their file. */
async function* packetsIn(
  file: FileHandle,
  times: string,
  codec: string,
): AsyncGenerator<CaptionPacket> {
  let msPerTick = 0;
  let at = 0;
  const bytes = Buffer.alloc(PACKET_BYTES_MAX);
  for await (const line of linesOf(times)) {
    const base = TIME_BASE.exec(line);
    if (base) msPerTick = (Number(base[1]) / Number(base[2])) * 1000;
    const [, decoded, shown, size = 0] = (PACKET.exec(line) ?? []).map(Number);
    if (decoded === undefined || shown === undefined) continue;
    const length = Math.min(size, PACKET_BYTES_MAX);
    const { bytesRead } = await file.read(bytes, 0, length, at);
    at += size;
    const triples = captionsIn(codec, bytes.subarray(0, bytesRead));
    const time = shown === UNKNOWN ? decoded : shown;
    if (triples.length > 0 && time !== UNKNOWN) yield { ms: Math.round(time * msPerTick), triples };
  }
}

/** The lines of a file, which is closed also where not all of them are taken: readline leaves it open. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const input = createReadStream(path, "utf8");
  try {
    yield* createInterface({ input });
  } finally {
    input.destroy();
  }
}

/** Packets by the times at which they are shown. */
async function* inShownOrder(packets: AsyncIterable<CaptionPacket>): AsyncGenerator<CaptionPacket> {
  const waiting: CaptionPacket[] = [];
  for await (const packet of packets) {
    // Behind those of the same time, which nearly always is the end.
    let place = waiting.length;
    while (place > 0 && (waiting[place - 1] as CaptionPacket).ms > packet.ms) place -= 1;
    waiting.splice(place, 0, packet);
    if (waiting.length > REORDERED_MAX) yield waiting.shift() as CaptionPacket;
  }
  yield* waiting;
}
