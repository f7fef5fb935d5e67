import { maskSecrets } from "../../lib/mask.ts";
import type { LiveChange, LiveTargetEvent } from "../engine.ts";
import type { PeerError } from "../relay/talk.ts";
import { createChangeReader } from "./live-changes.ts";

/**
 * A line of ffmpeg's log at `repeat+level`: `[tee @ 0x5…] [error] text`. From 7 on, a part of another speaker is named after
 * that one: `[vist#0:0/h264 @ 0x5…] [dec:h264 @ 0x5…] [error] text`.
 */
const LINE = /^(?:\[[^\]]+ @ 0x[0-9a-f]+\] )*?(?:\[([^\]]+) @ (0x[0-9a-f]+)\] )?\[(\w+)\] (.*)$/;

/**
 * Logged by a target's own `tee` once it is open, or for a recording by the `tee` of its encode. If another thread had just
 * written an unfinished line (`stream:0 codec:h264 type:video`), it follows on that line, under the other's name.
 */
const OPEN = /filename:'((?!\[|pipe:)[^']+)' format:\S+$/;
/** Logged next, for the pipe that counts what the target is sent. */
const COUNTED = /^filename:'pipe:(\d+)' format:\S+$/;
const NOT_OPEN = /^Slave '\[(?:\\.|[^\]\\])*\](.*)': error (?:opening|writing header): (.*)$/;
/** With `onfail=abort` it is the only one, so this tee has ended. */
const FAILED = /^(?:Slave muxer #\d+ failed, aborting|All tee outputs failed)/;
const UNRECORDED = /^Slave muxer #\d+ failed: (.*), continuing with/;

/** What these log about a connection is more precise than the error that follows. */
const CONNECTIONS = ["rtmp", "tcp", "srt", "rtsp", "udp"];
const USUAL = ["Input/output error", "Operation not permitted", "End of file"];
/** Logged by the upper of two protocols after the lower one has given the reason. */
const NO_CAUSE = /^Cannot open connection /;
const CLOSED = "the connection was closed";

/** Levels of lines that callers and operators see. */
const TOLD = ["warning", "error", "fatal", "panic"];

/** The callbacks of a reader of a live log. */
export type LiveLogListener = {
  readonly onTarget: (event: LiveTargetEvent) => void;
  /** The source sends something that the run was not made for. */
  readonly onChanged: (change: LiveChange) => void;
  /** Warnings and errors, credentials masked. */
  readonly onLog: (line: string) => void;
};

/** What is known of the targets besides the log. */
export type LiveLogFacts = {
  /** The target whose bytes a pipe counts. */
  readonly urlOfPipe: (pipe: number) => string | undefined;
  /** Why the peer of a target was not reached at the last try. */
  readonly failureOf: (url: string) => PeerError | undefined;
};

/**
 * Makes a reader of a live run's log, line by line, that reports the state of each target.
 *
 * A target's `tee` logs its address when it opens; later lines are matched by the address of that tee in memory.
 *
 * @param isRecording - whether an opened name is that of a recording and not of a target
 */
export function createLiveLogReader(
  { onTarget, onChanged, onLog }: LiveLogListener,
  isRecording: (name: string) => boolean,
  { urlOfPipe, failureOf }: LiveLogFacts,
) {
  const targets = new Map<string, string>();
  const recordings = new Map<string, string>();
  const readChange = createChangeReader(onChanged);
  let complaint = "";
  return (line: string): void => {
    const [, context = "", id = "", level = "", text = ""] = LINE.exec(line) ?? [];
    readChange({ context, level, text });
    // A line of a tee is about its target.
    if (TOLD.includes(level) && context !== "tee")
      onLog(maskSecrets(context ? `${context}: ${text}` : text));
    if (CONNECTIONS.includes(context) && level === "error" && !NO_CAUSE.test(text))
      complaint = maskSecrets(text.trim());
    const opened = OPEN.exec(line)?.[1];
    const isOwn = context === "tee" && text.startsWith("filename:");
    // The next line, about its pipe, shows which tee logged it.
    if (opened !== undefined && !isOwn && !isRecording(opened))
      onTarget({ kind: "open", url: opened });
    if (context !== "tee") return;
    const fail = (url: string, told: string): void => {
      const failure = failureOf(url);
      const why = failure?.state ?? (complaint !== "" && USUAL.includes(told) ? complaint : told);
      complaint = "";
      const inVain = failure?.isUntrusted === true && { isInVain: true as const };
      onTarget({ kind: "failed", url, why: maskSecrets(why), ...inVain });
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
      // Without an address it is a target's gate, or a recording, about which more is logged.
      if (!refused.includes("://")) return;
      targets.delete(id);
      fail(refused, why);
    } else if (FAILED.test(text)) {
      const url = targets.get(id);
      // It fails once more when it is given up; only one that was open is reported.
      targets.delete(id);
      if (url !== undefined) fail(url, CLOSED);
    } else if (lost !== undefined) {
      const path = recordings.get(id);
      if (path !== undefined) onTarget({ kind: "unrecorded", path, why: lost });
    }
  };
}
