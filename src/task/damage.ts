/** What the runs of a task said of damage in their source: as ffmpeg tells of each packet that it cannot decode. */
export type Damage = {
  /** Anything was said at all: then it is worth a look at the packets. */
  readonly isTold: boolean;
  /** Gaps in the sound were filled with silence, of which nothing else may be said. */
  readonly isFilled: boolean;
  /** The parts of ffmpeg that said something, as it names them: a demuxer by its format's name. */
  readonly speakers: readonly string[];
  /** Packets that could not be decoded, by the number of their stream. */
  readonly failures: Readonly<Record<number, number>>;
};

/** Of a run that said nothing. */
export const NO_DAMAGE: Damage = { isTold: false, isFilled: false, speakers: [], failures: {} };

/** Of runs that decode different parts of a source. */
export const addDamage = (one: Damage, other: Damage): Damage =>
  combine(one, other, (a, b) => a + b);

/** Of runs that decode the same. */
export const worseDamage = (one: Damage, other: Damage): Damage => combine(one, other, Math.max);

function combine(one: Damage, other: Damage, both: (a: number, b: number) => number): Damage {
  const streams = Object.keys({ ...one.failures, ...other.failures }).map(Number);
  const of = ({ failures }: Damage, stream: number) => failures[stream] ?? 0;
  return {
    isTold: one.isTold || other.isTold,
    isFilled: one.isFilled || other.isFilled,
    speakers: [...new Set([...one.speakers, ...other.speakers])],
    failures: Object.fromEntries(
      streams.map((stream) => [stream, both(of(one, stream), of(other, stream))]),
    ),
  };
}
