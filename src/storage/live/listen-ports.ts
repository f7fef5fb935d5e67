import { TaskError } from "../../task/errors.ts";
import { shownAddress } from "../addresses.ts";
import type { Side } from "../storage.ts";
import { isListener, type LiveAddress } from "./live-address.ts";

/** Ports that tasks may listen at, from the first to the last of each range; `any` is all of them. */
export type ListenPorts = "any" | readonly (readonly [first: number, last: number])[];

/**
 * Refuses an address at which the service would listen, or for which it would take an address of this machine, unless the operator
 * has given ports for that.
 *
 * @throws {TaskError} `access_denied`
 */
export function refuseListening(
  url: string,
  address: LiveAddress,
  side: Side,
  ports: ListenPorts,
): void {
  const { scheme, port, query } = address;
  const isReceiving = scheme === "udp" && side === "source";
  const isLocal = /(?:^|&)localaddr=/.test(query);
  const isAllowed = (wanted: number) =>
    ports === "any" || ports.some(([first, last]) => wanted >= first && wanted <= last);
  const refuse = (why: string) =>
    new TaskError("access_denied", `Cannot use the address${shownAddress(url)}: ${why}`);
  if ((isReceiving || isListener(address)) && !isAllowed(port))
    throw refuse(`tasks may not listen at port ${port}`);
  if (isLocal && ports.length === 0) throw refuse("tasks may not name addresses of this machine");
}
