import type { MediaInfo } from "../../probe/media.ts";
import type { VideoCodec } from "../../profile/codecs.ts";
import { setLog, setStreams } from "../args/adaptive-output.ts";
import { fileStreams } from "../args/file-output.ts";
import type { OutputStreams } from "../args/streams.ts";
import { passFiles, passOf } from "../args/video.ts";
import { type OutputDecision, videosOf } from "../decide/output-decision.ts";
import type { Step } from "../plan.ts";
import type { Analysis, Part, PassFiles } from "../sliced.ts";
import { type Cut, divisorOf } from "./cut.ts";

/** What is put behind the name of statistics for those of a slice. */
const suffixOf = (slice: number): string => `-slice${slice}-`;

/** What x264 and x265 put behind the name of their statistics for those of blocks. */
const BLOCKS: Partial<Readonly<Record<VideoCodec, string>>> = { h264: ".mbtree", h265: ".cutree" };

/** The streams of an output. @param slice - that of the second of two passes which they are of, if they are encoded so */
export function streamsOf(
  decision: OutputDecision,
  media: MediaInfo,
  slice: number | undefined,
): OutputStreams {
  const { set } = decision;
  const suffix = slice === undefined ? undefined : suffixOf(slice);
  if (set) return setStreams(decision, set, media, suffix);
  const isTwice = suffix !== undefined && decision.video?.rateMode === "2passvbr";
  const pass = isTwice ? passOf(2, fileLog(decision), suffix) : undefined;
  return fileStreams(decision, media, pass);
}

/** The name of the statistics of a file without their suffix. */
export const fileLog = ({ folder }: OutputDecision): string => `${folder}/pass`;

/** The encodes in two passes of an output that is alone in its run. */
export const analysesOf = (decision: OutputDecision, cut: Cut): readonly Analysis[] =>
  videosOf(decision).flatMap((encoding, at) => {
    const { codec, rateMode, rate, bitrateBps, maxrateBps, bufferBits } = encoding;
    if (rateMode !== "2passvbr") return [];
    const log = decision.set ? setLog(decision, at) : fileLog(decision);
    return {
      at,
      whole: filesOf(codec, log, at),
      slices: Array.from({ length: cut.count }, (_, slice) =>
        filesOf(codec, `${log}${suffixOf(slice)}`, at),
      ),
      frames: cut.frames / divisorOf(encoding, cut.rate),
      ...{ rate, bitrateBps },
      ...(maxrateBps !== undefined && { maxrateBps }),
      ...(bufferBits !== undefined && { bufferBits }),
    };
  });

/** A first pass as a part, if the second is sliced by it. */
export function firstPart(
  { args }: Pick<Part, "args">,
  second: Pick<Step, "sliced">,
): Pick<Step, "analysis"> {
  const { analyses = [] } = second.sliced ?? {};
  if (analyses.length === 0) return {};
  const files = analyses.map(({ whole }) => whole);
  const mayLack = files.map(({ blocks }) => blocks);
  const writes = [...files.map(({ pictures }) => pictures), ...mayLack];
  return { analysis: { args, writes, mayLack } };
}

function filesOf(codec: VideoCodec, log: string, at: number): PassFiles {
  const [pictures = log] = passFiles(codec, log, at);
  return { pictures, blocks: `${pictures}${BLOCKS[codec] ?? ""}` };
}
