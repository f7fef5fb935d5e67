import { maskCredentials } from "../../lib/mask.ts";
import type { LiveChange, LiveTargetEvent } from "../engine.ts";
import { createChangeReader } from "./live-changes.ts";
import { createTrustReader } from "./untrusted.ts";

/**
 * A line of ffmpeg's log at `repeat+level`: `[tee @ 0x5…] [error] text`. From 7 on whoever speaks for another is named behind
 * that one: `[vist#0:0/h264 @ 0x5…] [dec:h264 @ 0x5…] [error] text`.
 */
const LINE = /^(?:\[[^\]]+ @ 0x[0-9a-f]+\] )*?(?:\[([^\]]+) @ (0x[0-9a-f]+)\] )?\[(\w+)\] (.*)$/;

/**
 * Said by a target's own `tee`, or of a recording by that of its encode, once it is open. Where another thread had just
 * written a line without its end (`stream:0 codec:h264 type:video`), it is said behind that, under the other's name.
 */
const OPEN = /filename:'((?!\[|pipe:)[^']+)' format:\S+$/;
/** Said next, of the pipe that counts what the target is sent. */
const COUNTED = /^filename:'pipe:(\d+)' format:\S+$/;
const NOT_OPEN = /^Slave '\[(?:\\.|[^\]\\])*\](.*)': error (?:opening|writing header): (.*)$/;
/** With `onfail=abort`: its only one, so that this tee is at its end. */
const FAILED = /^(?:Slave muxer #\d+ failed, aborting|All tee outputs failed)/;
const UNRECORDED = /^Slave muxer #\d+ failed: (.*), continuing with/;

/** What these say of a connection tells more than the error that follows from it. */
const CONNECTIONS = ["rtmp", "rtmps", "tcp", "tls", "srt", "rtsp", "udp"];
const USUAL = ["Input/output error", "Operation not permitted", "End of file"];
/** Said by the upper of two protocols after the lower one has said why. */
const NO_CAUSE = /^Cannot open connection /;
const CLOSED = "the connection was closed";

/** Lines that callers and operators are told. */
const TOLD = ["warning", "error", "fatal", "panic"];

/** Who listens to the log of a live run. */
export type LiveLogListener = {
  readonly onTarget: (event: LiveTargetEvent) => void;
  /** The source sends something else than the run was made for. */
  readonly onChanged: (change: LiveChange) => void;
  /** Warnings and errors, credentials masked. */
  readonly onLog: (line: string) => void;
};

/**
 * Makes a reader of a live run's log, line by line, that tells how each target stands.
 *
 * A target's `tee` gives its address when it opens; later it is known by that tee's own number in memory.
 *
 * @param isRecording - whether an opened name is that of a recording rather than a target
 * @param urlOfPipe - the target whose bytes a pipe counts
 */
export function createLiveLogReader(
  { onTarget, onChanged, onLog }: LiveLogListener,
  isRecording: (name: string) => boolean,
  urlOfPipe: (pipe: number) => string | undefined,
) {
  const targets = new Map<string, string>();
  const recordings = new Map<string, string>();
  const readChange = createChangeReader(onChanged);
  const trust = createTrustReader();
  let complaint = "";
  return (line: string): void => {
    const [, context = "", id = "", level = "", text = ""] = LINE.exec(line) ?? [];
    readChange({ context, level, text });
    trust.read({ context, level, text });
    // What a tee says is told of its target.
    if (TOLD.includes(level) && context !== "tee")
      onLog(maskCredentials(context ? `${context}: ${text}` : text));
    if (CONNECTIONS.includes(context) && level === "error" && !NO_CAUSE.test(text))
      complaint = maskCredentials(text.trim());
    const opened = OPEN.exec(line)?.[1];
    const isOwn = context === "tee" && text.startsWith("filename:");
    // Which tee says it is told by the next line, of its pipe.
    if (opened !== undefined && !isOwn && !isRecording(opened))
      onTarget({ kind: "open", url: opened });
    if (context !== "tee") return;
    const fail = (url: string, told: string): void => {
      const refusal = trust.refusalOf(url);
      const why = refusal ?? (complaint !== "" && USUAL.includes(told) ? complaint : told);
      complaint = "";
      const inVain = refusal !== undefined && { isInVain: true as const };
      onTarget({ kind: "failed", url, why: maskCredentials(why), ...inVain });
    };
    const counted = urlOfPipe(Number(COUNTED.exec(text)?.[1]));
    const [, refused, why = ""] = NOT_OPEN.exec(text) ?? [];
    const lost = UNRECORDED.exec(text)?.[1];
    if (isOwn && opened !== undefined && isRecording(opened)) recordings.set(id, opened);
    else if (isOwn && opened !== undefined) {
      targets.set(id, opened);
      onTarget({ kind: "open", url: opened });
    } else if (counted !== undefined && targets.get(id) !== counted) {
      targets.set(id, counted);
      onTarget({ kind: "open", url: counted });
    } else if (refused !== undefined) {
      // What has no address is a target's gate, or a recording, of which more is said.
      if (!refused.includes("://")) return;
      targets.delete(id);
      fail(refused, why);
    } else if (FAILED.test(text)) {
      const url = targets.get(id);
      // It fails once more as it is given up: told is what was open.
      targets.delete(id);
      if (url !== undefined) fail(url, CLOSED);
    } else if (lost !== undefined) {
      const path = recordings.get(id);
      if (path !== undefined) onTarget({ kind: "unrecorded", path, why: lost });
    }
  };
}
