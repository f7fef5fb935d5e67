import type { Expectation } from "../plan/plan.ts";
import { judgeOutput } from "../plan/verify.ts";
import { needsPackets } from "../plan/verify-length.ts";
import type { MediaInfo } from "../probe/media.ts";
import type { Warning } from "../task/warnings.ts";

/** A probed source whose packets are counted once something depends on them: that reads all of it. */
export class CountedSource {
  #media: MediaInfo;
  readonly #count: () => Promise<MediaInfo>;
  #counting: Promise<MediaInfo> | undefined;

  /** @param count - probes the source again, with its packets */
  constructor(media: MediaInfo, count: () => Promise<MediaInfo>) {
    this.#media = media;
    this.#count = count;
  }

  /** As it was probed; with its packets once they were counted. */
  get media(): MediaInfo {
    return this.#media;
  }

  /** With its packets. @throws {TaskError} what probing threw */
  async counted(): Promise<MediaInfo> {
    this.#counting ??= this.#count();
    this.#media = await this.#counting;
    return this.#media;
  }

  /**
   * Judges an output (`judgeOutput`); where its length is not what the header of the source says, by the packets of both.
   *
   * @throws {TaskError} as `judgeOutput`, or what probing threw
   */
  async judge(expect: Expectation, output: MediaInfo): Promise<readonly Warning[]> {
    if (needsPackets(expect, output, this.#media)) await this.counted();
    return judgeOutput(expect, output, this.#media);
  }
}
