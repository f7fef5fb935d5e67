import type { LiveChange } from "../engine.ts";

/** Logged for packets of a stream that the run did not start with; only video and audio, as nothing else is requested. */
const NEW_STREAM = /^New (?:video|audio) stream /;
/** Logged for a packet that is refused by its decoder (5.1; since 7) or by a container that it is copied to. */
const UNREADABLE =
  /^(?:Error while decoding stream|Error submitting packet to decoder|Decoding error: |AAC bitstream not in ADTS format|aac bitstream error)/;
/** Logged for key frames of another codec; lost packets do not cause it. */
const FOREIGN =
  /^(?:data partitioning is not implemented|Failed to parse header of NALU|vps_reserved_\w+ is not )/;
/** Logged when a packet breaks the connection of the target that it is copied to, so only few follow. */
const BREAKING = /^Error parsing ADTS frame header/;
/** The speaker of the size of incoming frames, at the start and again whenever it changes. Graphs of one output are -1 since 7. */
const PICTURES = /^graph -?\d+ input from stream /;
const SIZE = /^w:\d+ h:\d+ /;
/** The speaker of complaints about a copied stream: its parser, which has no name in 5.1. */
const PARSER = "NULL";
/** Since 7 it has the name of its codec; decoders never log this. */
const UNPARSED = /^missing picture in access unit/;

/** Lost packets cause one or two complaints; so many within this time mean another codec. */
const COMPLAINTS_MAX = 10;
const BREAKING_WEIGHT = 5;
const FOREIGN_WEIGHT = 2;
const WITHIN_MS = 3_000;

/** A parsed line of ffmpeg's log. */
export type LogLine = { readonly context: string; readonly level: string; readonly text: string };

/**
 * Makes a reader of a live run's log that reports when the source starts to send something that the run was not made for.
 *
 * ffmpeg continues with the decoders and headers that it started with. With FLV, and with MPEG-TS if the PIDs change too, it
 * logs a new stream. If the codec changes on the same PID, the demuxer does not notice (5.1 reads the stream type of a PID
 * once), but decoders and parsers then complain. Frames of another size are still decoded, and the filters are set up again
 * for them.
 */
export function createChangeReader(
  onChanged: (change: LiveChange) => void,
  now: () => number = () => performance.now(),
) {
  let complaintsMs: readonly number[] = [];
  const sizes = new Map<string, string>();
  return ({ context, level, text }: LogLine): void => {
    const size = PICTURES.test(context) ? SIZE.exec(text)?.[0] : undefined;
    if (size !== undefined) {
      if ((sizes.get(context) ?? size) !== size) onChanged("size");
      sizes.set(context, size);
    }
    if (level === "warning" && NEW_STREAM.test(text)) onChanged("streams");
    const weight = weightOf({ context, level, text });
    if (weight === 0) return;
    const atMs = now();
    const told = Array<number>(weight).fill(atMs);
    complaintsMs = [...complaintsMs.filter((ms) => atMs - ms < WITHIN_MS), ...told];
    if (complaintsMs.length < COMPLAINTS_MAX) return;
    complaintsMs = [];
    onChanged("streams");
  };
}

/** How strongly a line suggests another codec. */
function weightOf({ context, level, text }: LogLine): number {
  if (FOREIGN.test(text)) return FOREIGN_WEIGHT;
  if (level !== "error") return 0;
  if (BREAKING.test(text)) return BREAKING_WEIGHT;
  return context === PARSER || UNPARSED.test(text) || UNREADABLE.test(text) ? 1 : 0;
}
