import { LIVE_SCHEMES, protocolOf } from "../../plan/live/live-protocols.ts";
import type { Address, Side, Storage } from "../storage.ts";
import { type ListenPorts, refuseListening } from "./listen-ports.ts";
import { liveKeyOf, readLiveAddress } from "./live-address.ts";

/**
 * The addresses of live streams. They are only judged here: a stream is not opened or delivered as a file, the
 * engine itself reads and writes it while it runs.
 */
export class LiveAddresses implements Pick<Storage, "schemes" | "source" | "target"> {
  readonly schemes = LIVE_SCHEMES;

  /** @param ports - those that tasks may listen at */
  constructor(private readonly ports: ListenPorts) {}

  async source(url: string): Promise<Address> {
    return addressOf(url, "source", this.ports);
  }

  async target(url: string): Promise<Address> {
    return addressOf(url, "target", this.ports);
  }
}

function addressOf(url: string, side: Side, ports: ListenPorts): Address {
  const address = readLiveAddress(url, side);
  refuseListening(url, address, side, ports);
  return { url, key: liveKeyOf(address), live: protocolOf(address.scheme) };
}
