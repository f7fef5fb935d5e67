import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Nginx, startNginx } from "../test/fixtures/nginx.ts";
import { ROOT, start } from "./processes.ts";
import { type Findings, figure, type PartOptions, type Row } from "./report.ts";
import { median } from "./statistics.ts";

const ROUNDS = 7;
const FILE_BYTES = 1_000_000_000;
const QUICK_BYTES = 50_000_000;
const RATE_BAR = 0.9;
const EXTRA_BYTES_BAR = 64e6;
/** In memory: the rate of a disk would hide ours. */
const MEMORY = "/dev/shm";
const DENO = join(ROOT, "node_modules", "deno", "deno");
/** Makes nginx answer what begins and completes an upload in parts; what it gets as parts it keeps as files. */
const S3_ANSWERS = `
      add_header ETag '"bench"' always;
      if ($request_method = POST) {
        return 200 "<Answer><UploadId>bench</UploadId></Answer>";
      }`;

/** What one delivery took; memory is that beyond what the process had before. */
type Delivery = {
  readonly tookSeconds: number;
  readonly cpuSeconds: number;
  readonly extraBytes: number;
};

type Runner = { readonly name: string; readonly command: readonly string[] };

const RUNNERS: readonly Runner[] = [
  { name: "Bun", command: [process.execPath] },
  { name: "Deno", command: [DENO, "run", "--no-check", "-A"] },
];

async function outputOf(command: readonly string[], env: Record<string, string> = {}) {
  const [program = "", ...args] = command;
  const child = start(program, args, env);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`Cannot go on: ${program} ended with ${code}`);
  return output;
}

/** The seconds that curl needs for one PUT, as it tells them itself. */
async function curl(file: string, url: string, isSigned: boolean): Promise<number> {
  const signing = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "bench:bench-secret"];
  const flags = ["-sS", "-f", "-o", "/dev/null", "-w", "%{time_total}", "-T", file];
  return Number(await outputOf(["curl", ...flags, ...(isSigned ? signing : []), url]));
}

async function deliver({ command }: Runner, args: readonly string[], endpoint: string) {
  const script = join(import.meta.dirname, "deliver-once.ts");
  const env = { BENCH_S3_ENDPOINT: endpoint };
  return JSON.parse(await outputOf([...command, script, ...args], env)) as Delivery;
}

async function fill(path: string, sizeBytes: number): Promise<void> {
  const chunk = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 7 + (at >> 9)) & 255));
  const handle = await open(path, "w");
  for (let left = sizeBytes; left > 0; left -= chunk.length)
    await handle.write(chunk, 0, Math.min(left, chunk.length));
  await handle.close();
}

type Files = { readonly large: string; readonly small: string; readonly sizeBytes: number };

async function measureKind(kind: "http" | "s3", nginx: Nginx, files: Files, rounds: number) {
  const isS3 = kind === "s3";
  const target = isS3 ? "s3://bench/out.mp4" : `${nginx.url}/out.mp4`;
  const plain = isS3 ? `${nginx.url}/bench/curl.mp4` : `${nginx.url}/curl.mp4`;
  const peers: number[] = [];
  const ours = new Map<string, Delivery[]>(RUNNERS.map(({ name }) => [name, []]));
  // By turns, so that what else the machine does meets all of them.
  for (let round = 0; round < rounds; round++) {
    peers.push(await curl(files.large, plain, isS3));
    for (const runner of RUNNERS)
      ours
        .get(runner.name)
        ?.push(await deliver(runner, [files.large, files.small, target], nginx.url));
  }
  return { peers, ours };
}

function rowsOf(
  kind: string,
  { peers, ours }: Awaited<ReturnType<typeof measureKind>>,
  sizeBytes: number,
): readonly Row[] {
  const rate = (seconds: number) => sizeBytes / seconds / 1e6;
  const peer = rate(median(peers));
  return [...ours].flatMap(([name, deliveries]) => {
    const mine = rate(median(deliveries.map(({ tookSeconds }) => tookSeconds)));
    // Of neighbours in time: what else the machine does changes from one minute to the next.
    const ratio = median(deliveries.map(({ tookSeconds }, at) => (peers[at] ?? 0) / tookSeconds));
    const extra = Math.max(...deliveries.map(({ extraBytes }) => extraBytes));
    const key = `delivery.${kind}-${name.toLowerCase()}`;
    const how = kind === "s3" ? "S3 in parts" : "HTTP PUT";
    return [
      {
        key,
        what: `${how} of ${figure(sizeBytes / 1e6)} MB on ${name}`,
        ours: `${figure(mine)} MB/s`,
        peer: `${figure(peer)} MB/s (curl -T)`,
        ratio,
        bar: `>= ${RATE_BAR}`,
        isMet: ratio >= RATE_BAR,
      },
      {
        key: `${key}-memory`,
        what: `memory it adds at most, ${how} on ${name}`,
        ours: `${figure(extra / 1e6)} MB`,
        peer: "",
        bar: `< ${EXTRA_BYTES_BAR / 1e6} MB`,
        isMet: extra < EXTRA_BYTES_BAR,
      },
    ];
  });
}

/** Delivers a file of 1 GB by HTTP PUT and in parts to an S3 store, beside curl, to the same nginx. */
export async function measureDelivery({ isQuick, scratch, say }: PartOptions): Promise<Findings> {
  const sizeBytes = isQuick ? QUICK_BYTES : FILE_BYTES;
  const folder = existsSync(MEMORY) ? mkdtempSync(join(MEMORY, "pontus-bench-")) : scratch;
  const tidy = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", tidy);
  const nginx = await startNginx(folder, S3_ANSWERS);
  try {
    const files = { large: join(folder, "large.mp4"), small: join(folder, "small.mp4"), sizeBytes };
    await fill(files.large, sizeBytes);
    writeFileSync(files.small, "small");
    const rows: Row[] = [];
    const facts: Record<string, unknown> = {};
    for (const kind of ["http", "s3"] as const) {
      say(`${kind}, ${sizeBytes / 1e6} MB, ${isQuick ? 1 : ROUNDS} rounds`);
      const found = await measureKind(kind, nginx, files, isQuick ? 1 : ROUNDS);
      rows.push(...rowsOf(kind, found, sizeBytes));
      facts[kind] = { peerSeconds: found.peers, ours: Object.fromEntries(found.ours) };
    }
    return { rows, facts };
  } finally {
    await nginx.stop();
    process.off("exit", tidy);
    tidy();
  }
}
