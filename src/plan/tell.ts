import { toNumber } from "../lib/rational.ts";
import type { MediaInfo, MediaStream } from "../probe/media.ts";
import type { Forecast, ForecastOutput, ForecastStep, ForecastStream } from "./forecast.ts";

/** What was found in a source and what will be done, one sentence each. The last ones are the runs of ffmpeg. */
export const tell = (
  { outputs, inputs = [], steps }: Pick<Forecast, "outputs" | "inputs" | "steps">,
  media: MediaInfo,
): readonly string[] => [
  foundIn(media),
  ...inputs.map(({ name, file, format }) => `${file} is ${name}, and is ${format}`),
  ...outputs.map(toldOutput),
  ...toldSlices(steps),
  ...toldRuns(steps),
];

/** The runs of ffmpeg, one sentence each. */
export const toldRuns = (steps: readonly Pick<ForecastStep, "name" | "args">[]) =>
  steps.map(({ name, args }) => `Runs ffmpeg (${name}): ${args.map(shellQuoted).join(" ")}`);

/** What is cut into slices where long encodes are, or why nothing is. */
function toldSlices(steps: readonly ForecastStep[]): readonly string[] {
  const slices = steps.filter(({ slice }) => slice !== undefined).length;
  const whole = steps.flatMap(({ whole: why }) => (why === undefined ? [] : [why]));
  return [
    ...(slices === 0 ? [] : [`Encodes ${slices} slices and joins them`]),
    ...whole.map((why) => `Encodes in one run, not in slices: ${why}`),
  ];
}

function foundIn({ format, durationSeconds, streams, video, audio }: MediaInfo): string {
  const length = durationSeconds === undefined ? "" : `, ${durationSeconds} s`;
  const taken = [video?.index, audio?.index, audio?.rightIndex];
  const told = streams.map(
    (one) => `${describe(one)}${taken.includes(one.index) ? "" : ", unused"}`,
  );
  return `The source is ${format}${length}: ${told.join("; ")}`;
}

function describe(stream: MediaStream): string {
  const { index, kind, codec, language } = stream;
  const tongue = language === undefined ? "" : ` (${language})`;
  const rate = stream.kind === "video" && stream.framerate ? ` at ${fps(stream.framerate)}` : "";
  const size = stream.kind === "video" ? ` ${stream.width}x${stream.height}${rate}` : "";
  const sound = stream.kind === "audio" ? ` ${stream.channels} ch ${stream.samplerateHz} Hz` : "";
  return `stream ${index} ${kind}${tongue} ${codec}${size}${sound}`;
}

const fps = (rate: Parameters<typeof toNumber>[0]): string =>
  `${Math.round(toNumber(rate) * 1000) / 1000} fps`;

function toldOutput({ targets, container, video, audio, sizes }: ForecastOutput): string {
  const many = sizes ? ` in ${sizes.length} sizes` : "";
  const names = targets.map((target) => `targets[${target}]`).join(", ");
  return `${names} will be ${container}${many}: video ${toldStream(video)}; audio ${toldStream(audio)}`;
}

const toldStream = ({ action, why, codec, width, height }: ForecastStream): string => {
  const size = width !== undefined && height !== undefined ? ` ${width}x${height}` : "";
  const made = action === "encode" && codec !== undefined ? ` to ${codec}${size}` : "";
  return `${action}${made}, as ${why}`;
};

/** An argument as a shell would take it. */
export const shellQuoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
