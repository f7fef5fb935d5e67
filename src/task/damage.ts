/** What ffmpeg's runs of a task reported about damage in the source: it reports each packet that it cannot decode. */
export type Damage = {
  /** Whether anything was reported: then the packets are worth a look. */
  readonly isTold: boolean;
  /** Whether gaps in the audio were filled with silence, which may be the only trace of damage. */
  readonly isFilled: boolean;
  /** The parts of ffmpeg that reported something, by ffmpeg's names: a demuxer by its format's name. */
  readonly speakers: readonly string[];
  /** How many packets could not be decoded, by the number of their stream. */
  readonly failures: Readonly<Record<number, number>>;
};

/** The damage of a run that reported none. */
export const NO_DAMAGE: Damage = { isTold: false, isFilled: false, speakers: [], failures: {} };

/** The damage of runs that decode different parts of a source, together. */
export const addDamage = (one: Damage, other: Damage): Damage =>
  combine(one, other, (a, b) => a + b);

/** The worse damage of two runs that decode the same. */
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
