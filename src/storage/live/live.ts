import { LIVE_SCHEMES, protocolOf } from "../../plan/live/live-protocols.ts";
import type { Address, Side, Storage } from "../storage.ts";
import { liveKeyOf, readLiveAddress } from "./live-address.ts";

/**
 * The addresses of live streams. They are only judged here: a stream is not opened or delivered as a file, the
 * engine itself reads and writes it while it runs.
 */
export class LiveAddresses implements Pick<Storage, "schemes" | "source" | "target"> {
  readonly schemes = LIVE_SCHEMES;

  async source(url: string): Promise<Address> {
    return addressOf(url, "source");
  }

  async target(url: string): Promise<Address> {
    return addressOf(url, "target");
  }
}

function addressOf(url: string, side: Side): Address {
  const address = readLiveAddress(url, side);
  return { url, key: liveKeyOf(address), live: protocolOf(address.scheme) };
}
