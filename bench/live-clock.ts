import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./statistics.ts";

// A clock in the picture: the time in ms, its low 24 bits as 24 light or dark bars, read again where a viewer decodes it.

const WIDTH = 640;
const HEIGHT = 360;
const RATE = 25;
const BITS = 24;
const BAR = 25;
const LEFT = 20;
const LIGHT = 235;
const DARK = 16;
const THRESHOLD = 125;
const RANGE = 2 ** BITS;
/** What is further off was misread. */
const LATENCY_MS_MAX = 60_000;

const nowBits = (): number => Date.now() % RANGE;

function frameOf(bits: number): Buffer {
  const row = Buffer.alloc(WIDTH, 128);
  for (let bit = 0; bit < BITS; bit += 1) {
    const shade = (bits >> bit) & 1 ? LIGHT : DARK;
    row.fill(shade, LEFT + bit * BAR, LEFT + (bit + 1) * BAR);
  }
  return Buffer.concat(Array.from({ length: HEIGHT }, () => row));
}

/** Publishes the clock until it is stopped. */
export function publishClock(url: string): { readonly stop: () => Promise<void> } {
  const child = spawn(
    "ffmpeg",
    [
      ...["-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", `${WIDTH}x${HEIGHT}`],
      ...["-r", String(RATE), "-i", "-", "-re", "-f", "lavfi", "-i", "sine=r=48000"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"],
      ...["-b:v", "1500k", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", url],
    ],
    { stdio: ["pipe", "ignore", "inherit"] },
  );
  child.stdin.on("error", () => {});
  const startMs = performance.now();
  let isOn = true;
  const feed = async () => {
    for (let count = 0; isOn; count += 1) {
      const waitMs = startMs + (count * 1000) / RATE - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      if (!child.stdin.write(frameOf(nowBits()))) await once(child.stdin, "drain");
    }
  };
  feed().catch(() => {});
  return {
    stop: async () => {
      isOn = false;
      await killed(child);
    },
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** How long the picture of a stream takes from its making to a viewer: the median of the second half, in ms. */
export async function latencyMs(url: string, seconds: number): Promise<number> {
  const child = spawn(
    "ffmpeg",
    [
      // What it joins in the middle of has no beginning: its complaints say nothing.
      ...["-nostdin", "-v", "fatal", "-fflags", "nobuffer", "-flags", "low_delay"],
      ...["-probesize", "500000", "-analyzeduration", "3000000", "-i", url, "-an", "-vf"],
      `scale=${WIDTH}:${HEIGHT},crop=${BITS * BAR}:40:${LEFT}:160,scale=${BITS}:1:flags=area`,
      ...["-pix_fmt", "gray", "-fps_mode", "passthrough", "-f", "rawvideo", "-flush_packets", "1"],
      ...["-threads", "1", "-"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const found: number[] = [];
  let rest = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= BITS; rest = rest.subarray(BITS)) {
      const bits = rest
        .subarray(0, BITS)
        .reduce((sum, shade, bit) => sum + (shade > THRESHOLD ? 2 ** bit : 0), 0);
      const late = (nowBits() - bits + RANGE) % RANGE;
      if (late < LATENCY_MS_MAX) found.push(late);
    }
  });
  await sleep(seconds * 1000);
  await killed(child);
  return median(found.slice(found.length / 2));
}
