import type { Expectation, Product } from "../../plan/plan.ts";
import { judgeOutput } from "../../plan/verify/verify.ts";
import { judgeDamage } from "../../plan/verify/verify-damage.ts";
import { needsPackets } from "../../plan/verify/verify-length.ts";
import { blameCopy } from "../../plan/verify/wrong-copy.ts";
import type { MediaInfo } from "../../probe/media.ts";
import { type Damage, NO_DAMAGE } from "../../task/damage.ts";
import type { Warning } from "../../task/warnings.ts";
import { CutOutput } from "./whole-file.ts";

/** Their demuxers say nothing of damage, and are called as the decoders that do. */
const RAW = "aac ac3 amr ape dts eac3 flac gif h264 hevc m4v mp3 tta".split(" ");

/** A probed source whose packets are counted once something depends on them: that reads all of it. */
export class CountedSource {
  #media: MediaInfo;
  readonly #count: () => Promise<MediaInfo>;
  #counting: Promise<MediaInfo> | undefined;
  #damage = NO_DAMAGE;

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
    const media = await this.#counting;
    // A demuxer that loses its way in a file reads on somewhere behind it, or not at all.
    const speaks = this.#damage.speakers.includes(media.format) && !RAW.includes(media.format);
    const isCut = media.isCut || speaks;
    this.#media = isCut ? { ...media, isCut } : media;
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

  /**
   * Looks at an output and judges it: where a copy in it is wrong, it is found out who is to blame.
   *
   * @param look - what looks at it and judges it
   * @throws {TaskError} what `look` throws, or a `WrongCopy` in its place (`blameCopy`)
   */
  async blaming<T>(product: Product, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (error) {
      // What was cut off was written whole.
      if (error instanceof CutOutput) throw error;
      const { video, audio, isCut } = this.#media;
      const isDisordered = [video, audio].some((stream) => stream?.packets?.isDisordered);
      const isDamaged = this.#damage.isTold || isCut === true || isDisordered;
      throw blameCopy(error, product, this.#media, isDamaged);
    }
  }

  /**
   * Judges what the runs said of damage (`judgeDamage`): nothing is read for it where they said nothing and no gap was filled.
   *
   * @throws {TaskError} as `judgeDamage`, or what probing threw
   */
  async judgeDamage(damage: Damage, products: readonly Product[]): Promise<readonly Warning[]> {
    this.#damage = damage;
    if (damage.isTold || damage.isFilled) await this.counted();
    // Of copies the packets were counted anyway.
    return this.#counting ? judgeDamage(damage, products, this.#media) : [];
  }
}
