import { TaskError } from "../../task/errors.ts";

/** An output that is not as planned (`output_wrong`). */
export class WrongOutput extends TaskError {
  /** The stream that is wrong, if it is one of them. */
  readonly kind: "video" | "audio" | undefined;

  /** @param why - what is wrong: `its video is hevc, not h264` */
  constructor(why: string, kind?: "video" | "audio", what: "output" | "copy" = "output") {
    super("output_wrong", `Cannot deliver the ${what}: ${why}`);
    this.kind = kind;
  }
}
