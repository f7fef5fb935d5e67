import { connect, type Socket } from "node:net";
import { type Credentials, signedRequest } from "../../test/fixtures/signed-client.ts";

// Readers of event streams, in a process of their own: each reads on one connection, some of them nothing for a while. It ends when its
// stdin does.
// reader.ts '{"url", "groups": [{"credentials", "path", "streams", "stallMs"?}]}'

/** Who reads, and what. */
export type Readers = {
  readonly url: string;
  readonly groups: readonly Group[];
};

/** Streams of one kind. Those with `stallMs` read nothing for so long, from their first event on. */
type Group = {
  readonly credentials: Credentials;
  readonly path: string;
  readonly streams: number;
  readonly stallMs?: number;
};

/** What the streams of a group were told. */
export type ReadersResult = readonly {
  readonly open: number;
  readonly closed: number;
  readonly bytes: number;
  readonly progress: number;
  /** How many events of the log each was told, the least and the most; and how many told one twice or out of order. */
  readonly eventsMin: number;
  readonly eventsMax: number;
  readonly disordered: number;
}[];

/** One stream. */
type Stream = {
  events: number;
  progress: number;
  bytes: number;
  isClosed: boolean;
  isDisordered: boolean;
};

const { url, groups } = JSON.parse(process.argv[2] ?? "") as Readers;
const { hostname, port, host } = new URL(url);
const FIRST_TOGETHER = 50;
const ID = "id: ";
const PROGRESS = "event: progress";

function read(socket: Socket, stream: Stream, stallMs: number): void {
  let rest = "";
  let lastId = 0;
  let isEvent = false;
  const take = (line: string): void => {
    if (line.startsWith(ID)) {
      const id = Number(line.slice(ID.length));
      if (id < lastId) stream.isDisordered = true;
      lastId = id;
    } else if (line === PROGRESS) stream.progress += 1;
    else if (line.startsWith("event: ")) isEvent = true;
    else if (line.startsWith("data: ") && isEvent) {
      isEvent = false;
      stream.events += 1;
      if (stream.events === 1 && stallMs > 0) {
        socket.pause();
        setTimeout(() => socket.resume(), stallMs);
      }
    }
  };
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    stream.bytes += chunk.length;
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    // What stands between are the lengths of chunks.
    for (const line of lines) take(line);
  });
}

async function openStream({ credentials, path, stallMs = 0 }: Group): Promise<Stream> {
  const stream: Stream = { events: 0, progress: 0, bytes: 0, isClosed: false, isDisordered: false };
  const { headers } = signedRequest(credentials, `${url}${path}`);
  const head = [...headers].map(([name, value]) => `${name}: ${value}`).join("\r\n");
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.on("close", () => {
    stream.isClosed = true;
  });
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nLast-Event-ID: 0\r\n${head}\r\n\r\n`);
  read(socket, stream, stallMs);
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  return stream;
}

const opened: Stream[][] = [];
for (const group of groups) {
  const streams: Stream[] = [];
  while (streams.length < group.streams) {
    const left = Math.min(FIRST_TOGETHER, group.streams - streams.length);
    streams.push(...(await Promise.all(Array.from({ length: left }, () => openStream(group)))));
  }
  opened.push(streams);
}
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.resume().once("end", resolve));
const result: ReadersResult = opened.map((streams) => ({
  open: streams.filter(({ isClosed }) => !isClosed).length,
  closed: streams.filter(({ isClosed }) => isClosed).length,
  bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0),
  progress: streams.reduce((sum, { progress }) => sum + progress, 0),
  eventsMin: Math.min(...streams.map(({ events }) => events)),
  eventsMax: Math.max(...streams.map(({ events }) => events)),
  disordered: streams.filter(({ isDisordered }) => isDisordered).length,
}));
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
