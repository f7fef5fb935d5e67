import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { LOOPBACK } from "./tcp-relay.ts";

/** Asked of the system, which may give less: a key frame of a fast stream comes at once. */
const BUFFER_BYTES = 4 << 20;
// Deno's size is that of the memory that it takes for each datagram, before it knows how long that is.
const hasBuffers = process.versions["deno"] === undefined;

/** Every address of this machine, as ffmpeg listens where no host is named. */
export const ANY_ADDRESS = "0.0.0.0";

/** Opens a socket that receives at an address; 0 is any port. */
export async function receiveAt(address: string, port: number): Promise<Socket> {
  const socket = socketFor(address);
  socket.bind(port, address);
  await ready(socket, "listening");
  return socket;
}

/** Opens a socket that exchanges datagrams with one address alone. */
export async function exchangeWith(address: string, port: number): Promise<Socket> {
  const socket = socketFor(address);
  socket.connect(port, address);
  await ready(socket, "connect");
  return socket;
}

const socketFor = (address: string): Socket =>
  createSocket({ type: isIPv6(address) ? "udp6" : "udp4" });

async function ready(socket: Socket, event: "listening" | "connect"): Promise<void> {
  try {
    await once(socket, event);
  } catch (error) {
    socket.close();
    throw error;
  }
  // A peer that is not there now may come.
  socket.on("error", () => {});
  if (hasBuffers) socket.setRecvBufferSize(BUFFER_BYTES);
}

/** A port of loopback for datagrams that nobody has; it is free for whoever is to have it. */
export async function freeDatagramPort(): Promise<number> {
  const socket = await receiveAt(LOOPBACK, 0);
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
