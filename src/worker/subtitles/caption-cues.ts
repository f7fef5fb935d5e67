import type { Cue } from "../../manifest/write/webvtt.ts";
import {
  type CaptionTriple,
  PACKET_START,
  serviceBlocks,
} from "../../probe/bytes/caption-channels.ts";
import { Channel608 } from "./cea608.ts";
import { Service708 } from "./cea708.ts";
import { textBudget } from "./shown-texts.ts";

/** Captions of one picture, and when it is shown. */
export type CaptionPacket = { readonly ms: number; readonly triples: readonly CaptionTriple[] };

/** Reads the captions of pictures in the order in which these are shown. */
export type CueReader = {
  readonly push: (packet: CaptionPacket) => void;
  /** The texts of each channel that has some; what is still shown ends then. */
  readonly end: (ms: number) => ReadonlyMap<string, readonly Cue[]>;
};

/** The size of a packet of CEA-708 if none is given. */
const PACKET_BYTES_MAX = 128;

/** A reader of captions of all channels and services. */
export function captionReader(): CueReader {
  const budget = textBudget();
  const channels = [1, 2, 3, 4].map(() => new Channel608(budget));
  const fields = [fieldOf608(channels, 0), fieldOf608(channels, 2)];
  const services = new Map<number, Service708>();
  let packet: number[] = [];
  let size = 0;
  const serviceOf = (number: number): Service708 => {
    const known = services.get(number) ?? new Service708(budget);
    services.set(number, known);
    return known;
  };
  const finish = (ms: number) => {
    for (const { service, block } of serviceBlocks(packet.slice(0, size)))
      serviceOf(service).take(ms, block);
    packet = [];
    size = 0;
  };
  const take708 = (ms: number, [kind, one, two]: CaptionTriple) => {
    if (kind === PACKET_START) {
      if (packet.length > 0) finish(ms);
      size = 2 * (one & 0x3f) || PACKET_BYTES_MAX;
    } else if (size === 0) return;
    packet.push(one, two);
    if (packet.length >= size) finish(ms);
  };
  return {
    push({ ms, triples }) {
      for (const triple of triples) {
        const [kind, one, two] = triple;
        if (kind < 2) fields[kind]?.(ms, one & 0x7f, two & 0x7f);
        else take708(ms, triple);
      }
    },
    end(ms) {
      const told: (readonly [string, readonly Cue[]])[] = [
        ...channels.map((channel, at) => [`CC${at + 1}`, channel.end(ms)] as const),
        ...[...services].map(([number, one]) => [`SERVICE${number}`, one.end(ms)] as const),
      ];
      return new Map(told.filter(([, cues]) => cues.length > 0));
    },
  };
}

/** A field of CEA-608, whose two channels come in turn. @param first - the place of the first of them among all */
function fieldOf608(channels: readonly Channel608[], first: number) {
  let active: number | undefined;
  let command = 0;
  return (ms: number, one: number, two: number): void => {
    if (one === 0 && two === 0) return;
    const isCommand = one >= 0x10 && one < 0x20;
    const code = (one << 8) | two;
    // Commands come twice, so that one of them arrives.
    if (isCommand && code === command) {
      command = 0;
      return;
    }
    command = isCommand ? code : 0;
    if (isCommand) active = first + ((one >> 3) & 1);
    // Data about the programme.
    else if (one < 0x10) active = undefined;
    if (active === undefined) return;
    // As of the first channel and field.
    const plain = isCommand ? one & 0x77 : one;
    channels[active]?.take(ms, first > 0 && plain === 0x15 && two < 0x40 ? 0x14 : plain, two);
  };
}
