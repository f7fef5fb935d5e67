/** A channel of CEA-608 (`CC1` to `CC4`) or a service of CEA-708 (`SERVICE1` to `SERVICE63`), by its name in HLS. */
export type CaptionChannel = string;

/** Three bytes of captions: what they are (0 and 1: a field of CEA-608; 2 and 3: CEA-708, 3 begins a packet), and two of content. */
export type CaptionTriple = readonly [kind: number, one: number, two: number];

/** Finds out in which channels something is said. */
export type ChannelFinder = {
  /** Takes the captions of one frame, in their order. */
  readonly see: (triples: readonly CaptionTriple[]) => void;
  /** What precedes the next frame is not known: a part of the file was left out. */
  readonly cut: () => void;
  readonly channels: () => readonly CaptionChannel[];
};

/** Begins a packet of CEA-708. */
export const PACKET_START = 3;
/** The service block that names a service above 6 in a byte of its own. */
const EXTENDED = 7;
/** The second bytes of CEA-608's commands to load, roll up or paint captions. */
const CAPTION_MODES = [0x20, 0x25, 0x26, 0x27, 0x29];
/** The same of its text mode, which is none of captions. */
const TEXT_MODES = [0x2a, 0x2b];

/** A finder of channels: one of CEA-608 in which a text follows a command to show it, one of CEA-708 whose block holds characters. */
export function channelFinder(): ChannelFinder {
  const found = new Set<CaptionChannel>();
  const seeFields = fieldReader(found);
  return {
    see(triples) {
      for (const [at, triple] of triples.entries()) {
        if (triple[0] < 2) seeFields.see(triple);
        else if (triple[0] === PACKET_START) {
          const next = triples.findIndex(([kind], after) => after > at && kind === PACKET_START);
          const packet = triples.slice(at, next < 0 ? undefined : next);
          const bytes = packet.filter(([kind]) => kind >= 2).flatMap(([, one, two]) => [one, two]);
          // As far as it lies in one frame.
          for (const { service, block } of serviceBlocks(bytes))
            if (block.some(isCharacter)) found.add(`SERVICE${service}`);
        }
      }
    },
    cut: seeFields.cut,
    channels: () => [...found].toSorted(inOrder),
  };
}

/** Channels of CEA-608 first, services by their number. */
function inOrder(one: CaptionChannel, other: CaptionChannel): number {
  const [first, second] = [one, other].map((name) => name.startsWith("SERVICE"));
  if (first !== second) return first ? 1 : -1;
  return numberOf(one) - numberOf(other);
}

/** The number in a channel's name. */
const numberOf = (channel: CaptionChannel): number => Number(channel.replace(/^\D+/, ""));

/**
 * Reads both fields of CEA-608: each has two channels in turn, and data of another kind between them.
 *
 * @see https://www.law.cornell.edu/cfr/text/47/79.101
 */
function fieldReader(found: Set<CaptionChannel>) {
  const active: (number | undefined)[] = [];
  const loading = new Set<number>();
  const command = (field: number, one: number, two: number) => {
    const channel = 2 * field + (one & 8 ? 1 : 0);
    const isMode = (one & 0x76) === 0x14;
    active[field] = isMode && TEXT_MODES.includes(two) ? undefined : channel;
    if (isMode && CAPTION_MODES.includes(two)) loading.add(channel);
  };
  return {
    see([field, first, second]: CaptionTriple): void {
      // The highest bit is parity.
      const [one, two] = [first & 0x7f, second & 0x7f];
      const channel = active[field];
      if (one >= 0x20) {
        if (channel !== undefined && loading.has(channel)) found.add(`CC${channel + 1}`);
      } else if (one >= 0x10) command(field, one, two);
      // Data about the programme.
      else if (one > 0) active[field] = undefined;
    },
    cut(): void {
      active.length = 0;
    },
  };
}

/** Characters that services show, other than those of the control sets. */
const isCharacter = (byte: number): boolean => (byte > 0x20 && byte < 0x80) || byte >= 0xa0;

/** A part of a packet of CEA-708, for one of its services. */
type ServiceBlock = { readonly service: number; readonly block: readonly number[] };

/** The blocks of a packet of CEA-708, whose first byte is its head. */
export function serviceBlocks(packet: readonly number[]): readonly ServiceBlock[] {
  const blocks: ServiceBlock[] = [];
  let at = 1;
  while (at < packet.length) {
    const head = packet[at] ?? 0;
    const size = head & 0x1f;
    if (size === 0) break;
    const isExtended = head >> 5 === EXTENDED;
    const service = isExtended ? (packet[at + 1] ?? 0) & 0x3f : head >> 5;
    const start = at + (isExtended ? 2 : 1);
    at = start + size;
    if (service > 0) blocks.push({ service, block: packet.slice(start, at) });
  }
  return blocks;
}
