import type {
  FileSystem,
  Fs,
  FsNode,
  FsStream,
  NodeOperations,
  StreamOperations,
} from "./emscripten.ts";
import { ERRNO } from "./errno.ts";
import { CANCEL, CONTROL, EXCHANGE, type StreamEvent, type StreamMount } from "./protocol.ts";

const TYPE = { folder: 0o040000, file: 0o100000, pipe: 0o010000 } as const;
const TYPE_BITS = 0o170000;
const PERMISSIONS = { own: 0o777, given: 0o555 } as const;
const SEEK = { current: 1, end: 2 } as const;
const WRITE_FLAGS = 0b11;
/** Small writes are sent together. */
const CHUNK_BYTES = 256 * 1024;
/** Writes beyond this wait until the host has taken some. */
const IN_FLIGHT_BYTES_MAX = 4 * 1024 * 1024;
/** How often a wait checks whether the run was stopped. */
const WAIT_MS = 50;

/** How the thread reaches its host. */
export type Host = {
  readonly control: Int32Array;
  readonly post: (event: StreamEvent, transfer?: readonly ArrayBuffer[]) => void;
};

/**
 * Makes a file system whose sources the host reads, and whose outputs the host gets as they are written. Only names, sizes
 * and a window of the source are kept here. What was written cannot be read again.
 */
export function createStreamFs(fs: Fs, host: Host): FileSystem<StreamMount> {
  return {
    mount({ opts }) {
      const root = fs.createNode(null, "/", TYPE.folder | PERMISSIONS.own, 0);
      new Streams(fs, host, opts, root).addTo(root);
      return root;
    },
  };
}

/** Bytes of one stream that are sent together. */
type Chunk = { readonly bytes: Uint8Array<ArrayBuffer>; position: number; length: number };

/** One mount. */
class Streams {
  readonly #fs: Fs;
  readonly #host: Host;
  readonly #mount: StreamMount;
  readonly #root: FsNode;
  readonly #words: Int32Array;
  readonly #data: Uint8Array;
  readonly #sizes = new WeakMap<FsNode, number>();
  readonly #chunks = new Map<FsStream, Chunk>();
  /** The part of a source that the exchange holds. */
  #window: { readonly node: FsNode; readonly start: number; readonly end: number } | undefined;

  readonly #nodeOperations: NodeOperations = {
    getattr: (node) => attributesOf(node, this.#modeOf(node), this.#sizeOf(node)),
    setattr: (node, { size }) => {
      if (size !== undefined) this.#sizes.set(node, size);
    },
    lookup: () => {
      // All nodes are made here; the core itself finds existing ones.
      throw new this.#fs.ErrnoError(ERRNO.ENOENT);
    },
    mknod: (parent, name, mode) => {
      const type = this.#fs.isDir(mode) ? TYPE.folder : TYPE.file;
      return this.#node(parent, name, type | PERMISSIONS.own);
    },
    rename: (node, parent, name) => {
      this.#refuseSource(node);
      const from = this.#pathOf(node);
      // The core keeps the node of a file that is replaced, and would find it again after the new one is removed.
      try {
        this.#fs.destroyNode(this.#fs.lookupNode(parent, name));
      } catch (error) {
        if (!(error instanceof this.#fs.ErrnoError)) throw error;
      }
      node.parent = parent;
      node.name = name;
      this.#host.post({ type: "rename", message: from, to: this.#pathOf(node) });
    },
    unlink: (parent, name) => {
      const node = this.#fs.lookupNode(parent, name);
      this.#refuseSource(node);
      this.#host.post({ type: "remove", message: this.#pathOf(node) });
    },
    rmdir: () => {},
    readdir: () => [".", ".."],
  };

  readonly #streamOperations: StreamOperations = {
    open: () => {},
    close: (stream) => {
      if ((stream.flags & WRITE_FLAGS) === 0) return;
      this.#flush(stream);
      this.#chunks.delete(stream);
      const sizeBytes = this.#sizeOf(stream.node);
      this.#host.post({ type: "close", message: this.#pathOf(stream.node), sizeBytes });
    },
    read: (stream, heap, offset, length, position) =>
      this.#read(stream.node, heap, offset, length, position),
    write: (stream, heap, offset, length, position) => {
      const bytes = new Uint8Array(heap.buffer, heap.byteOffset + offset, length);
      this.#write(stream, bytes, position);
      this.#sizes.set(stream.node, Math.max(this.#sizeOf(stream.node), position + length));
      return length;
    },
    llseek: (stream, offset, whence) => {
      const base =
        whence === SEEK.current
          ? stream.position
          : whence === SEEK.end
            ? this.#sizeOf(stream.node)
            : 0;
      if (base + offset < 0) throw new this.#fs.ErrnoError(ERRNO.EINVAL);
      return base + offset;
    },
  };

  constructor(fs: Fs, host: Host, mount: StreamMount, root: FsNode) {
    this.#fs = fs;
    this.#host = host;
    this.#mount = mount;
    this.#root = root;
    this.#words = new Int32Array(mount.exchange, 0, EXCHANGE.dataOffset / 4);
    this.#data = new Uint8Array(mount.exchange, EXCHANGE.dataOffset, EXCHANGE.dataLength);
  }

  addTo(root: FsNode): void {
    root.node_ops = this.#nodeOperations;
    root.stream_ops = this.#streamOperations;
    for (const [name, size] of Object.entries(this.#mount.sources))
      this.#sizes.set(this.#node(root, name, TYPE.file | PERMISSIONS.given), size);
    for (const path of this.#mount.folders) {
      const names = path.split("/");
      const name = names.pop() ?? "";
      const parent = names.reduce((node, each) => this.#fs.lookupNode(node, each), root);
      this.#node(parent, name, TYPE.folder | PERMISSIONS.own);
    }
  }

  #node(parent: FsNode, name: string, mode: number): FsNode {
    const node = this.#fs.createNode(parent, name, mode, 0);
    node.node_ops = this.#nodeOperations;
    node.stream_ops = this.#streamOperations;
    return node;
  }

  /** ffmpeg goes back in a file, and lets its muxers do so; in a pipe it does not, and begins each piece with an empty buffer. */
  #modeOf(node: FsNode): number {
    const isOutput = !this.#fs.isDir(node.mode) && !this.#isSource(node);
    if (!this.#mount.writesOnce || !isOutput) return node.mode;
    return (node.mode & ~TYPE_BITS) | TYPE.pipe;
  }

  #sizeOf(node: FsNode): number {
    return this.#sizes.get(node) ?? 0;
  }

  #pathOf(node: FsNode): string {
    return node.parent === this.#root ? node.name : `${this.#pathOf(node.parent)}/${node.name}`;
  }

  #isSource(node: FsNode): boolean {
    return node.parent === this.#root && Object.hasOwn(this.#mount.sources, node.name);
  }

  #refuseSource(node: FsNode): void {
    if (this.#isSource(node)) throw new this.#fs.ErrnoError(ERRNO.EROFS);
  }

  get #isStopped(): boolean {
    return Atomics.load(this.#host.control, CONTROL.cancel) !== CANCEL.none;
  }

  #read(node: FsNode, heap: Int8Array, offset: number, length: number, position: number): number {
    if (!this.#isSource(node)) throw new this.#fs.ErrnoError(ERRNO.EACCES);
    if (position >= this.#sizeOf(node)) return 0;
    const known = this.#window;
    const isKnown = known?.node === node && position >= known.start && position < known.end;
    const window = isKnown ? known : this.#fetch(node, position);
    const count = Math.min(length, window.end - position);
    const at = position - window.start;
    new Uint8Array(heap.buffer, heap.byteOffset + offset, count).set(
      this.#data.subarray(at, at + count),
    );
    return count;
  }

  /** Lets the host read, and waits for it. */
  #fetch(node: FsNode, start: number) {
    const length = Math.min(EXCHANGE.dataLength, this.#sizeOf(node) - start);
    this.#window = undefined;
    Atomics.store(this.#words, EXCHANGE.answered, 0);
    this.#host.post({ type: "read", message: node.name, position: start, length });
    while (Atomics.load(this.#words, EXCHANGE.answered) === 0) {
      if (this.#isStopped) throw new this.#fs.ErrnoError(ERRNO.EIO);
      Atomics.wait(this.#words, EXCHANGE.answered, 0, WAIT_MS);
    }
    const count = Atomics.load(this.#words, EXCHANGE.length);
    if (count <= 0) throw new this.#fs.ErrnoError(ERRNO.EIO);
    this.#window = { node, start, end: start + count };
    return this.#window;
  }

  #write(stream: FsStream, bytes: Uint8Array, position: number): void {
    const chunk = this.#chunks.get(stream) ?? {
      bytes: new Uint8Array(CHUNK_BYTES),
      position,
      length: 0,
    };
    this.#chunks.set(stream, chunk);
    const isNext = chunk.position + chunk.length === position;
    if (!isNext || chunk.length + bytes.length > CHUNK_BYTES) this.#flush(stream);
    if (bytes.length > CHUNK_BYTES) this.#send(stream.node, bytes.slice(), position);
    else {
      if (chunk.length === 0) chunk.position = position;
      chunk.bytes.set(bytes, chunk.length);
      chunk.length += bytes.length;
    }
  }

  #flush(stream: FsStream): void {
    const chunk = this.#chunks.get(stream);
    if (!chunk || chunk.length === 0) return;
    this.#send(stream.node, chunk.bytes.slice(0, chunk.length), chunk.position);
    chunk.length = 0;
  }

  /** Gives bytes to the host, once it has taken enough of the earlier ones. */
  #send(node: FsNode, bytes: Uint8Array<ArrayBuffer>, position: number): void {
    for (;;) {
      const waiting = Atomics.load(this.#words, EXCHANGE.inFlight);
      if (waiting <= IN_FLIGHT_BYTES_MAX || this.#isStopped) break;
      Atomics.wait(this.#words, EXCHANGE.inFlight, waiting, WAIT_MS);
    }
    Atomics.add(this.#words, EXCHANGE.inFlight, bytes.length);
    this.#host.post({ type: "write", message: this.#pathOf(node), position, bytes }, [
      bytes.buffer,
    ]);
  }
}

function attributesOf({ id }: FsNode, mode: number, size: number) {
  const never = new Date(0);
  const times = { atime: never, mtime: never, ctime: never };
  const owner = { nlink: 1, uid: 0, gid: 0, rdev: 0 };
  return {
    dev: 1,
    ino: id,
    mode,
    size,
    ...owner,
    ...times,
    blksize: 4096,
    blocks: Math.ceil(size / 512),
  };
}
