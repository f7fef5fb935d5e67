import { maskSecrets } from "../../lib/mask.ts";
import { type ErrorCode, TaskError } from "../../task/errors.ts";

type Row = {
  /** Searched for in all of stderr; `^` and `$` match the ends of a line. */
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  /** The message: verb and thing, then the state, with what the pattern captured. */
  readonly say: (...found: string[]) => string;
  /** Also a failure if ffmpeg ends with 0, as it does if only the end of a file could not be written. */
  readonly evenAtZero?: true;
};

const source = (why: string) => `Cannot read the source: ${why}`;
const encode = (why: string) => `Cannot encode: ${why}`;
const write = (why: string) => `Cannot write the output: ${why}`;

/**
 * What ffmpeg's complaints mean, order 3 of the taxonomy: the first row that matches counts, so causes come before consequences.
 *
 * A line about the source starts with its name, `input`; every other name is an output. The wording is that of 5.1 and, if it
 * differs, of 7.1; for errors of the system that of glibc and of musl, which the WebAssembly core contains.
 */
const ROWS: readonly Row[] = [
  // The machine.
  {
    pattern: /No space left on device|(?:Disk quota|Quota) exceeded/m,
    code: "scratch_full",
    say: () => write("the scratch disk is full"),
    evenAtZero: true,
  },
  {
    // A copy from a source without any. The muxers of Matroska, MPEG-TS, FLV and mp4 say it, before the line of the next row.
    pattern:
      /packet with unknown timestamp|first pts and dts value must be set|Packet is missing PTS|Timestamps are unset in a packet/m,
    code: "output_not_supported",
    say: () => write("what is copied into it has no time stamps"),
  },
  {
    // For a copy: the bitstream filter that reframes the packets cannot read them.
    pattern: /Error applying bitstream filters/m,
    code: "source_damaged",
    say: () => source("a packet of it is broken, and cannot be copied"),
  },
  {
    pattern:
      /(?:Error writing trailer|Error closing file|av_interleaved_write_frame\(\)).*: (.+)$/m,
    code: "internal",
    say: (why) => write(why),
    evenAtZero: true,
  },
  {
    pattern: /Cannot allocate memory|Out of memory|malloc of size \d+ failed/m,
    code: "encoder_killed",
    say: () => encode("the memory allowed for it is used up"),
  },
  {
    pattern: /Unknown encoder '(.*?)'|Cannot load (\S+)|No such filter: '(.*?)'/m,
    code: "encoder_missing",
    say: (name) => encode(`"${name}" is missing here`),
  },
  {
    pattern: /Bitstream filter not found/m,
    code: "encoder_missing",
    say: () => encode("a bitstream filter is missing here"),
  },
  // The source.
  {
    pattern: /(?:Format|Protocol '[\w+.-]*') not on whitelist|Not detecting m3u8\/hls/m,
    code: "input_not_supported",
    say: () => source("it is no audio or video file that holds its media itself"),
  },
  {
    // But not from an encoder: `[libx264 @ 0x5…] [IMGUTILS @ …] Picture size …`.
    pattern: /^(?!\[lib).*Picture size (\d+x\d+) (?:exceeds|is invalid)/m,
    code: "picture_too_large",
    say: (size) => source(`its picture claims ${size} pixels`),
  },
  {
    // 7.1 and 9.0 name it two lines below.
    pattern:
      /Stream map '(.+?)' matches no streams|Failed to set value '(.*?)' for option 'map'|Stream specifier '(.*?)' in filtergraph description .* matches no streams/m,
    code: "input_not_supported",
    say: (map) => source(`it has no stream "${map}"`),
  },
  {
    pattern: /Decoder \(codec (\S+)\) not found|no decoder found for: (\S+)/m,
    code: "input_not_supported",
    say: (codec) => source(`no decoder for its codec "${codec}" is here`),
  },
  {
    // FFmpeg's own AV1 decoder needs hardware. The misspelling is in 5.1.
    pattern: /Your platform doesn't supp+ort hardware accelerated (\S+) decoding/m,
    code: "input_not_supported",
    say: (codec) => source(`no decoder for its codec "${codec}" is here`),
  },
  {
    pattern:
      /^(?:input|.*Error opening input): (No such file or directory|Is a directory|Not a directory|Permission denied)/m,
    code: "source_missing",
    say: (why) => source(why),
  },
  {
    pattern: /^(?:input|.*Error opening input): (?:Input\/output|I\/O) error/m,
    code: "source_unreachable",
    say: () => source("its disk or network does not deliver it"),
  },
  {
    pattern: /^(?:input|.*Error opening input): (.+)$/m,
    code: "source_not_media",
    say: (why) => source(why),
  },
  {
    // Noise can be decoded to something so odd (25 channels) that no encoder accepts it.
    pattern:
      /(?:Error while decoding|Error submitting packet to decoder)[\s\S]*Error while opening encoder/,
    code: "source_damaged",
    say: () => source("too much of it could not be decoded"),
  },
  // What was requested.
  {
    pattern: /suitable output format|Requested output format '.*' is not known/m,
    code: "output_not_supported",
    say: () => write("ffmpeg has no such format here"),
  },
  {
    pattern:
      /^\[\S+ @ \S+\] (Only .* are supported for .*?|No audio stream present|Could not find tag for codec \S+)/m,
    code: "output_not_supported",
    say: (why) => write(why),
  },
  {
    pattern:
      /((?:width|height) not divisible by 2 \(\d+x\d+\)|Invalid frame size: \w+|Picture size \d+x\d+ is invalid)/m,
    code: "option_invalid",
    say: (why) => encode(why),
  },
  {
    pattern:
      /(Unrecognized option '.*?'|Option '?.*?'? not found|Error setting .*?|Specified .*? is not supported|Error initializing filter '.*?')[.,]?(?: with .*)?$/m,
    code: "option_invalid",
    say: (why) => encode(why),
  },
  {
    pattern: /Error while opening encoder|Error parsing (?:options|global options)/m,
    code: "option_invalid",
    say: () => encode("the encoder refuses its options"),
  },
  {
    pattern: /Could not write header/m,
    code: "output_not_supported",
    say: () => write("its container refuses the streams"),
  },
  {
    pattern:
      /^.+: (No such file or directory|Is a directory|Not a directory|Permission denied|Read-only file system)$/m,
    code: "target_unwritable",
    say: (why) => write(why),
  },
  {
    // Comes before the whole "Empty output" row. It is requested when a part of a source is copied (`plan/steps.ts`).
    pattern: /^(?:Empty output on stream \d+|\[\w*ost#.*\] Empty output)/m,
    code: "invalid_parameter",
    say: () => "Cannot cut the clip: a stream that is copied has no key frame in it",
  },
  // The source again: what is found only during the run.
  {
    pattern:
      /^(?:.*: )?Empty output|Nothing was written into output file|Output file is empty, nothing was encoded/m,
    code: "source_damaged",
    say: () => source("nothing of it could be decoded"),
  },
  {
    // From 7.1 and 9.0: some part of a run could not process its input.
    pattern: /(?:Terminating thread with return|Task finished with error) code:? -1094995529/m,
    code: "source_damaged",
    say: () => source("a packet of it is broken"),
  },
  {
    pattern: /partial file|Stream ends prematurely/m,
    code: "source_damaged",
    say: () => source("it is cut off"),
  },
  {
    pattern:
      /Error while decoding|Error submitting packet to decoder|Error while opening decoder|Cannot determine format of input|Decode error rate/m,
    code: "source_damaged",
    say: () => source("too much of it could not be decoded"),
  },
];

// ffmpeg's exit code if more frames failed to decode than it accepts (`-max_error_rate`).
const EXIT_ERROR_RATE = 69;
// ffmpeg's exit code after it caught a signal and closed its files. Runs that are stopped here are not judged.
const EXIT_SIGNALLED = 255;

/** What ffmpeg says may be long. */
const COMPLAINT_CHARS_MAX = 200;

/** How an encoder ended that was not stopped here. */
export type EncoderExit = {
  readonly code?: number;
  readonly signal?: string;
  readonly stderr: string;
  /** The limit that ended it, with its size. */
  readonly hit?: string;
};

/** `[h264 @ 0x5…] error while decoding MB 33 12`; from 7 on what stands before is in brackets, too. */
const COMPLAINT =
  /^(?:\[[^\]]+ @ (?:0x)?[0-9a-f]+\] )*\[(?!out#)(\w+)[^\]]* @ (?:0x)?[0-9a-f]+\] (.+)$/m;
/** `Error while decoding stream #0:1`, `[aist#0:1/aac @ 0x5…] … Error submitting packet`. */
const STREAM = /(?:decoding stream #|\[[va]ist#)\d+:(\d+)/;

/** The place and the cause of damage, as ffmpeg said it first: ` (stream 0, h264: error while decoding MB 33 12)`. */
function complaintIn(stderr: string): string {
  const stream = STREAM.exec(stderr)?.[1];
  const [, speaker, text] = COMPLAINT.exec(stderr) ?? [];
  const told = [
    ...(stream === undefined ? [] : [`stream ${stream}`]),
    ...(text === undefined ? [] : [`${speaker}: ${text.trim().slice(0, COMPLAINT_CHARS_MAX)}`]),
  ];
  return told.length === 0 ? "" : maskSecrets(` (${told.join(", ")})`);
}

function judgeText(stderr: string, isZero: boolean): TaskError | undefined {
  for (const { pattern, code, say, evenAtZero } of ROWS) {
    if (isZero && !evenAtZero) continue;
    const match = pattern.exec(stderr);
    const said = code === "source_damaged" ? complaintIn(stderr) : "";
    if (match) return new TaskError(code, say(...match.slice(1).filter(Boolean)) + said);
  }
  return undefined;
}

/**
 * Why a run failed; undefined if it did not, as far as ffmpeg knows. Runs of damaged sources also end with 0, so outputs are
 * verified afterwards.
 */
export function judgeExit({ code, signal, stderr, hit }: EncoderExit): TaskError | undefined {
  if (hit !== undefined)
    return new TaskError("limit_reached", `Cannot encode: ffmpeg has reached its ${hit}`);
  if (signal) return new TaskError("encoder_killed", `Cannot encode: ${signal} ended ffmpeg`);
  const judged = judgeText(stderr, code === 0);
  if (code === 0 || judged) return judged;
  if (code === EXIT_SIGNALLED)
    return new TaskError("encoder_killed", "Cannot encode: a signal ended ffmpeg");
  if (code === EXIT_ERROR_RATE)
    return new TaskError(
      "source_damaged",
      source("most of it could not be decoded") + complaintIn(stderr),
    );
  const last = stderr.trimEnd().split("\n").at(-1) || "it said nothing";
  return new TaskError("unknown", `Cannot encode: ffmpeg ended with ${code}: ${last}`);
}
