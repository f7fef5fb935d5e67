import { describe, expect, test } from "bun:test";
import type { LiveTargetEvent } from "../../../src/engine/engine.ts";
import {
  createLiveLogReader,
  type LiveLogFacts,
} from "../../../src/engine/native-live/live-log.ts";
import { PeerError } from "../../../src/engine/relay/talk.ts";

function read(lines: readonly string[], failureOf: LiveLogFacts["failureOf"] = () => undefined) {
  const events: LiveTargetEvent[] = [];
  const log: string[] = [];
  const reader = createLiveLogReader(
    {
      onTarget: (event) => void events.push(event),
      onChanged: () => {},
      onLog: (line) => void log.push(line),
    },
    (name) => !name.includes("://"),
    { urlOfPipe: (pipe) => (pipe === 3 ? URL_A : undefined), failureOf },
  );
  for (const line of lines) reader(line);
  return { events, log };
}

const URL_A = "rtmp://127.0.0.1:1/live/a";
const OPEN_A = `[tee @ 0x5a] [verbose] filename:'${URL_A}' format:flv`;

// Lines of ffmpeg 5.1.9 as recorded.
describe("createLiveLogReader", () => {
  test("takes no queue for an open target", () => {
    const queue = `[tee @ 0x50] [verbose] filename:'[f=flv:onfail=abort]${URL_A}' format:fifo`;
    expect(read([queue]).events).toEqual([]);
  });

  test("takes the pipe that counts for neither a target nor a recording", () => {
    const pipe = "[tee @ 0x5a] [verbose] filename:'pipe:3' format:flv";
    const lost =
      "[tee @ 0x5a] [error] Slave muxer #1 failed: Broken pipe, continuing with 1/2 slaves.";
    expect(read([OPEN_A, pipe, lost]).events).toEqual([{ kind: "open", url: URL_A }]);
  });

  test("hears an opening behind the line of another thread, and learns by its pipe whose it is", () => {
    const { events } = read([
      `[tee @ 0x5b] [verbose]     stream:0 codec:h264 type:videofilename:'${URL_A}' format:flv`,
      "[tee @ 0x5a] [verbose] filename:'pipe:3' format:flv",
      "[tee @ 0x5a] [error] Slave muxer #0 failed, aborting.",
    ]);
    expect(events).toEqual([
      { kind: "open", url: URL_A },
      { kind: "open", url: URL_A },
      { kind: "failed", url: URL_A, why: "the connection was closed" },
    ]);
  });

  test("learns of an opening by its pipe alone", () => {
    const pipe = "[tee @ 0x5a] [verbose] filename:'pipe:3' format:flv";
    expect(read([pipe]).events).toEqual([{ kind: "open", url: URL_A }]);
  });

  test("tells of a target that opens and is closed, by the number of its tee", () => {
    const other = "[tee @ 0x5b] [verbose] filename:'udp://h:2' format:mpegts";
    const { events } = read([OPEN_A, other, "[tee @ 0x5a] [error] All tee outputs failed."]);
    expect(events).toEqual([
      { kind: "open", url: URL_A },
      { kind: "open", url: "udp://h:2" },
      { kind: "failed", url: URL_A, why: "the connection was closed" },
    ]);
  });

  test("tells once of a target that fails, however often its tee says so", () => {
    const failed = "[tee @ 0x5a] [error] Slave muxer #0 failed, aborting.";
    expect(read([OPEN_A, failed, failed]).events).toHaveLength(2);
  });

  test("tells why a target does not open, by what its connection said", () => {
    const { events } = read([
      "[tcp @ 0x7f] [error] Connection to tcp://127.0.0.1:1?tcp_nodelay=0 failed: Connection refused",
      `[tee @ 0x5a] [error] Slave '[f=flv:rw_timeout=1]${URL_A}': error opening: Input/output error`,
    ]);
    expect(events).toEqual([
      {
        kind: "failed",
        url: URL_A,
        why: "Connection to tcp://127.0.0.1:1?tcp_nodelay=0 failed: Connection refused",
      },
    ]);
  });

  test("tells why a peer was not reached rather than what ffmpeg made of it", () => {
    const failed = `[tee @ 0x5a] [error] Slave '[f=flv]${URL_A}': error opening: Input/output error`;
    const of = (error: PeerError) => read([failed], (url) => (url === URL_A ? error : undefined));
    const event = { kind: "failed", url: URL_A } as const;
    const [away, untrusted] = [new PeerError("it is away"), new PeerError("who is it", true)];
    expect(of(away).events).toEqual([{ ...event, why: "it is away" }]);
    expect(of(untrusted).events).toEqual([{ ...event, why: "who is it", isInVain: true }]);
  });

  test("takes the gate of a target that was waited at for no failure", () => {
    const { events, log } = read([
      "[tee @ 0x5a] [error] Slave '[f=flv:onfail=ignore:listen=1:timeout=1000]unix:gates/0/wait': error opening: Connection timed out",
      "[tee @ 0x5a] [error] Slave muxer #0 failed: Connection timed out, continuing with 2/3 slaves.",
      OPEN_A,
    ]);
    expect(events).toEqual([{ kind: "open", url: URL_A }]);
    expect(log).toEqual([]);
  });

  test("tells of a recording that cannot be written", () => {
    const { events } = read([
      "[tee @ 0x50] [verbose] filename:'recorded-0/part-00000.mp4' format:mp4",
      "[tee @ 0x50] [error] Slave muxer #1 failed: No space left on device, continuing with 1/2 slaves.",
    ]);
    const path = "recorded-0/part-00000.mp4";
    expect(events).toEqual([{ kind: "unrecorded", path, why: "No space left on device" }]);
  });

  test("logs warnings and errors alone, with credentials and stream keys masked", () => {
    const { log } = read([
      "[info] Input #0, flv, from 'rtmp://h/live/a':",
      "[rtmp @ 0x7f] [error] Cannot open rtmp://ann:pw@h/live/a?key=1",
      "[warning] odd",
    ]);
    expect(log).toEqual(["rtmp: Cannot open rtmp://***@h/live/***?key=***", "odd"]);
  });
});
