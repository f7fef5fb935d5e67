import type { Random } from "../../test/simulation/random.ts";

/** How long sources are, in seconds of media. */
type Lengths = (random: Random) => number;

/** A number that is spread as a bell: 0 on average, 1 wide. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/**
 * Clips as people upload them: half are shorter than a minute, and they are 2 min 37 s long on average, as of 1,300 that were picked by chance among
 * those of one day on YouTube (http://www.lathrios.com/blog/?p=62). The shape is taken to be lognormal, as such lengths mostly are.
 */
const clip: Lengths = (random) => 60 * Math.exp(1.387 * normal(random));
/** Half an hour, give or take ten minutes; an hour and three quarters, give or take twenty. */
const episode: Lengths = (random) => Math.max(300, 1_800 + 600 * normal(random));
const film: Lengths = (random) => Math.max(3_600, 6_300 + 1_200 * normal(random));

/** Of a hundred: few are films, but half of what has to be encoded is of films. */
const mixed: Lengths = (random) => {
  const share = random.next();
  if (share < 0.85) return clip(random);
  return share < 0.95 ? episode(random) : film(random);
};

/** Seconds of media that a worker goes through in a second: 10 on average, as of 1080p to 720p on some cores, more or less by what is asked. */
const speed = (random: Random): number => 10 * Math.exp(0.4 * normal(random) - 0.08);
/** What comes beside the encode: fetch, probe, verification, delivery. */
const BESIDE_MS = 1_500;

/** When in a day tasks come, by the hour: little at night, most in the evening. */
const HOURS = [
  ...[5, 3, 2, 2, 2, 3, 5, 9, 14, 18, 20, 21],
  ...[22, 21, 20, 20, 22, 25, 28, 30, 29, 24, 16, 9],
];

/** Clients that are alike. */
export type ClientClass = {
  readonly name: string;
  readonly clients: number;
  readonly weight: number;
  /** Of all tasks, what part they make together. */
  readonly share: number;
  readonly lengths: Lengths;
  /** What their tasks need of a worker. */
  readonly needs: string;
  /** When they make theirs: as the day goes, or all of them within an hour. */
  readonly comes: "by day" | "at once";
};

/** One floods, others come as the day goes; some need what few workers have. */
const CLASSES: readonly ClientClass[] = [
  {
    name: "flood",
    clients: 1,
    weight: 1,
    share: 0.4,
    lengths: clip,
    needs: "x264",
    comes: "at once",
  },
  {
    name: "large",
    clients: 5,
    weight: 3,
    share: 0.35,
    lengths: mixed,
    needs: "x264",
    comes: "by day",
  },
  {
    name: "middle",
    clients: 40,
    weight: 1,
    share: 0.2,
    lengths: mixed,
    needs: "x264",
    comes: "by day",
  },
  {
    name: "small",
    clients: 200,
    weight: 1,
    share: 0.045,
    lengths: mixed,
    needs: "x264",
    comes: "by day",
  },
  {
    name: "special",
    clients: 10,
    weight: 1,
    share: 0.005,
    lengths: mixed,
    needs: "av1 x264",
    comes: "by day",
  },
];

/** When the flood begins. */
const FLOOD_HOUR = 10;

/** A client with all its tasks of a day, in the order of time. */
export type ComingClient = {
  readonly code: string;
  readonly class: ClientClass;
  readonly times: Float64Array;
  /** How long a run of its next task takes. */
  readonly runMs: () => number;
};

/** How much comes, and when. */
export type LoadOptions = {
  readonly tasks: number;
  /** How long a day is in which all of them come, in ms. */
  readonly dayMs: number;
  /** Whether they come evenly, all day long, and none at once. */
  readonly isEven?: boolean;
  /** How long runs are, as a part of what they are. */
  readonly lengths?: number;
};

/** The clients with all that they ask for in a day. */
export function comingClients(
  random: Random,
  { tasks, dayMs, isEven = false, lengths = 1 }: LoadOptions,
): readonly ComingClient[] {
  return CLASSES.flatMap((each) => {
    const all = Math.round(tasks * each.share);
    return Array.from({ length: each.clients }, (_, at) => {
      const number = Math.floor(all / each.clients) + (at < all % each.clients ? 1 : 0);
      const times = Float64Array.from(
        { length: number },
        () => dayMs * (isEven ? random.next() : timeOf(random, each.comes)),
      );
      return {
        code: `${each.name}-${String(at).padStart(3, "0")}`,
        class: each,
        times: times.sort(),
        runMs: () => lengths * (BESIDE_MS + (1_000 * each.lengths(random)) / speed(random)),
      };
    });
  });
}

/** When a task comes, as a part of the day. */
function timeOf(random: Random, comes: ClientClass["comes"]): number {
  if (comes === "at once") return (FLOOD_HOUR + random.next()) / 24;
  let rest = random.next() * HOURS.reduce((sum, share) => sum + share, 0);
  const hour = HOURS.findIndex((share) => {
    rest -= share;
    return rest < 0;
  });
  return (Math.max(0, hour) + random.next()) / 24;
}
