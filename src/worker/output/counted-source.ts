import { withSound } from "../../plan/decide/sounds.ts";
import type { Expectation, PlannedOutput } from "../../plan/plan.ts";
import { judgeOutput } from "../../plan/verify/verify.ts";
import { judgeDamage } from "../../plan/verify/verify-damage.ts";
import { needsPackets } from "../../plan/verify/verify-length.ts";
import { blameCopy } from "../../plan/verify/wrong-copy.ts";
import type { AudioStream, MediaInfo } from "../../probe/media.ts";
import { type Damage, NO_DAMAGE } from "../../task/damage.ts";
import type { Warning } from "../../task/warnings.ts";
import { CutOutput } from "./whole-file.ts";

/** Formats whose demuxers say nothing of damage, but have the same name as a decoder that does. */
const RAW = "aac ac3 amr ape dts eac3 flac gif h264 hevc m4v mp3 tta".split(" ");

/** A probed source. Its packets are counted only when something depends on them, since that reads all of it. */
export class CountedSource {
  #media: MediaInfo;
  readonly #count: () => Promise<MediaInfo>;
  #counting: Promise<MediaInfo> | undefined;
  #damage = NO_DAMAGE;

  /** @param count - probes the source again and counts its packets */
  constructor(media: MediaInfo, count: () => Promise<MediaInfo>) {
    this.#media = media;
    this.#count = count;
  }

  /** The probed source; with its packets once they are counted. */
  get media(): MediaInfo {
    return this.#media;
  }

  /** Counts the packets of the source. @throws {TaskError} what probing threw */
  async counted(): Promise<MediaInfo> {
    this.#counting ??= this.#count();
    const media = await this.#counting;
    // A demuxer that meets damage skips a part of the file, or all of the rest.
    const speaks = this.#damage.speakers.includes(media.format) && !RAW.includes(media.format);
    const isCut = media.isCut || speaks;
    this.#media = isCut ? { ...media, isCut } : media;
    return this.#media;
  }

  /**
   * Judges an output (`judgeOutput`): by the packets of both if its duration is not what the header of the source says.
   *
   * @param sound - the stream that the output's sound was made of, if it was chosen
   * @throws {TaskError} as `judgeOutput`, or what probing threw
   */
  async judge(
    expect: Expectation,
    output: MediaInfo,
    sound?: AudioStream,
  ): Promise<readonly Warning[]> {
    const source = () => (sound ? withSound(this.#media, sound) : this.#media);
    if (needsPackets(expect, output, source())) await this.counted();
    return judgeOutput(expect, output, source());
  }

  /**
   * Judges an output; if a copy in it is wrong, decides whether the source is the cause.
   *
   * @param look - probes the output and judges it
   * @param sound - the stream that its sound was made of, if it was chosen
   * @throws {TaskError} what `look` throws, or a `WrongCopy` in its place (`blameCopy`)
   */
  async blaming<T>(
    product: PlannedOutput,
    look: () => Promise<T>,
    sound?: AudioStream,
  ): Promise<T> {
    try {
      return await look();
    } catch (error) {
      // It was written whole and cut off afterwards, so the source is not the cause.
      if (error instanceof CutOutput) throw error;
      const { video, audio, isCut } = this.#media;
      const isDisordered = [video, audio].some((stream) => stream?.packets?.isDisordered);
      const isDamaged = this.#damage.isTold || isCut === true || isDisordered;
      throw blameCopy(error, product, this.#media, isDamaged, sound);
    }
  }

  /**
   * Judges what the runs said of damage (`judgeDamage`). Reads nothing if they said nothing and filled no gap.
   *
   * @throws {TaskError} as `judgeDamage`, or what probing threw
   */
  async judgeDamage(
    damage: Damage,
    products: readonly PlannedOutput[],
  ): Promise<readonly Warning[]> {
    this.#damage = damage;
    if (damage.isTold || damage.isFilled) await this.counted();
    // For copies the packets are counted anyway.
    return this.#counting ? judgeDamage(damage, products, this.#media) : [];
  }
}
