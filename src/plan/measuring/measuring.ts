import type { Metric } from "../../profile/fields/quality.ts";

/** An output, or a stream of a set, whose quality is measured. */
export type MeasuredOutput = {
  /** Its place among the products. */
  readonly product: number;
  /** Only in a set: its place among the tracks. */
  readonly track?: number;
  /** The length of its segments. */
  readonly segmentSeconds?: number;
  /** 1 to 100, where a quality was asked for. */
  readonly quality?: number;
  readonly metric: Metric;
  /** The least that it is to come to, if its profile says so. */
  readonly min?: number;
  /** The filters that make of the source's picture what is encoded. */
  readonly filters: string;
  readonly framerate: number;
  /** Pixels of one picture. */
  readonly pixels: number;
  /** When it shows its first picture, in seconds. */
  readonly firstSeconds: number;
  /** How far before a part it is read from, if its container has no index. */
  readonly aheadSeconds?: number;
};

/** What is measured once the outputs of a plan are made: how close short parts of them come to the source. */
export type Measuring = {
  /** The moments of the outputs at which the parts begin, in seconds. */
  readonly startsSeconds: readonly number[];
  readonly partSeconds: number;
  readonly outputs: readonly MeasuredOutput[];
  readonly source: {
    /** Its options before the moment that is sought. */
    readonly args: readonly string[];
    readonly specifier: string;
    /** Its sound, if that counts for where its times begin. */
    readonly sound?: string;
    /** Where the outputs begin in it, in seconds. */
    readonly fromSeconds: number;
    /** How far before a part it is read from, if it has no index: a seek finds no key frame by itself then. */
    readonly aheadSeconds: number;
    /** How far before a part it is read from otherwise: 0, or enough for filters that make a picture of those before it as well. */
    readonly leadSeconds: number;
    /** The shortest time that is a whole number of pictures of every output. */
    readonly stepSeconds: number;
    readonly pixels: number;
  };
};
