import { expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { callPeer } from "../../../src/engine/relay/call-peer.ts";
import { OPEN_EGRESS } from "../../../src/net/egress-policy.ts";

setDefaultTimeout(60_000);

const never = new AbortController().signal;

test("callPeer() reads the authorities before it connects: a peer may reset a connection at once", async () => {
  let visits = 0;
  const server = createServer((socket) => {
    visits += 1;
    socket.resetAndDestroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  let visitsBefore = -1;
  const trusted = async () => {
    // One more visit, after which all earlier ones are counted.
    const own = connect(port, "127.0.0.1").on("error", () => {});
    await new Promise((resolve) => own.once("close", resolve));
    visitsBefore = visits - 1;
    return undefined;
  };
  const place = { host: "127.0.0.1", port, isTls: true };
  await expect(callPeer(place, { policy: OPEN_EGRESS, trusted }, never)).rejects.toMatchObject({
    state: "no TLS connection can be made",
    isUntrusted: false,
  });
  expect([visitsBefore, visits]).toEqual([0, 2]);
  server.close();
});
