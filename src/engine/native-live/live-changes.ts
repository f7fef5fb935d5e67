import type { LiveChange } from "../engine.ts";

/** Said of packets that belong to no stream the run began with; of pictures and sound, as nothing else is asked for. */
const NEW_STREAM = /^New (?:video|audio) stream /;
/** Said of a packet that its decoder refuses (5.1; since 7), or a container that it is copied to. */
const UNREADABLE =
  /^(?:Error while decoding stream|Error submitting packet to decoder|Decoding error: |AAC bitstream not in ADTS format|aac bitstream error)/;
/** Said of key frames that are another codec's, which no loss of packets makes of those of a stream. */
const FOREIGN =
  /^(?:data partitioning is not implemented|Failed to parse header of NALU|vps_reserved_\w+ is not )/;
/** Said where a packet breaks off the connection of the target that it is copied to, so that few follow. */
const BREAKING = /^Error parsing ADTS frame header/;
/** Who says what pictures come in: once at first, and again whenever they come in another size. Graphs of one output are -1 since 7. */
const PICTURES = /^graph -?\d+ input from stream /;
const SIZE = /^w:\d+ h:\d+ /;
/** Who complains of a stream that is copied: its parser, which has no name of its own in 5.1. */
const PARSER = "NULL";
/** Since 7 it is called as its codec is; this no decoder says. */
const UNPARSED = /^missing picture in access unit/;

/** So many complaints within so long are no lost packets, which make one or two: it is another codec. */
const COMPLAINTS_MAX = 10;
const BREAKING_WEIGHT = 5;
const FOREIGN_WEIGHT = 2;
const WITHIN_MS = 3_000;

/** A line of ffmpeg's log, taken apart. */
export type LogLine = { readonly context: string; readonly level: string; readonly text: string };

/**
 * Makes a reader of a live run's log that tells when the source begins to send something else than the run was made for.
 *
 * ffmpeg goes on with the decoders and the headers that it began with. FLV, and MPEG-TS where the PIDs change too, make it
 * say that there is a new stream. A codec that changes on the same PID passes its demuxer unseen (5.1 looks at the stream
 * type of a PID once): it shows by what decoders and parsers then complain of. Pictures of another size are decoded on, and the
 * filters set up anew for them.
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

/** How much a line says for another codec. */
function weightOf({ context, level, text }: LogLine): number {
  if (FOREIGN.test(text)) return FOREIGN_WEIGHT;
  if (level !== "error") return 0;
  if (BREAKING.test(text)) return BREAKING_WEIGHT;
  return context === PARSER || UNPARSED.test(text) || UNREADABLE.test(text) ? 1 : 0;
}
