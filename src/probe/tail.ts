/** What there is of one stream in the last seconds of a file, in the file's own time. */
export type StreamTail = {
  readonly packets: number;
  /** One of them begins what can be decoded by itself. */
  readonly hasKey: boolean;
  /** Of the last packet, with how long it lasts. */
  readonly endSeconds: number;
  /** So many of them could be decoded. */
  readonly frames: number;
  /** Where the last one of these begins. */
  readonly lastFrameSeconds: number;
};

/** What there is in the last seconds of a file; nothing of a stream that ends before. */
export type Tail = { readonly video?: StreamTail; readonly audio?: StreamTail };

type Kind = "video" | "audio";

/** What ffprobe is to tell for `createTailReader`, with all sections named. */
export const TAIL_ENTRIES =
  "packet=codec_type,pts_time,duration_time,flags:frame=media_type,best_effort_timestamp_time";

/** Makes a reader of what ffprobe tells of packets and frames (`TAIL_ENTRIES`, `-of csv=p=1`): feed it chunks, cut anywhere. */
export function createTailReader() {
  const tail: { -readonly [K in Kind]?: { -readonly [F in keyof StreamTail]: StreamTail[F] } } = {};
  let rest = "";
  const read = (line: string): void => {
    const [section, kind, time = "", length = "", flags = ""] = line.split(",");
    if (kind !== "video" && kind !== "audio") return;
    const seconds = Number.parseFloat(time);
    const stream = tail[kind] ?? {
      ...{ packets: 0, hasKey: false, endSeconds: Number.NEGATIVE_INFINITY },
      ...{ frames: 0, lastFrameSeconds: Number.NEGATIVE_INFINITY },
    };
    tail[kind] = stream;
    if (section === "packet") {
      stream.packets += 1;
      stream.hasKey ||= flags.startsWith("K");
      const end = seconds + (Number.parseFloat(length) || 0);
      if (end > stream.endSeconds) stream.endSeconds = end;
    } else if (section === "frame") {
      stream.frames += 1;
      if (seconds > stream.lastFrameSeconds) stream.lastFrameSeconds = seconds;
    }
  };
  return {
    push(chunk: string): void {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) read(line);
    },
    /** Once all is read. */
    tail: (): Tail => tail,
  };
}
