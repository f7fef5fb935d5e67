import * as disk from "node:fs";
import type {
  FileSystem,
  Fs,
  FsAttributes,
  FsNode,
  FsStream,
  NodeOperations,
  StreamOperations,
} from "./emscripten.ts";
import { ERRNO, errnoOf } from "./errno.ts";
import type { FolderMount } from "./protocol.ts";

const TYPE = { folder: 0o040000, file: 0o100000 } as const;
/** Files from outside the folder are read-only. */
const PERMISSIONS = { own: 0o777, given: 0o555 } as const;
const SEEK = { current: 1, end: 2 } as const;
/** O_WRONLY and O_RDWR. */
const WRITE_FLAGS = 0b11;

/** A file system over folders of the host. */
export type FolderFs = FileSystem<FolderMount> & {
  /** Closes the files that an interrupted run left open. */
  readonly closeAll: () => void;
};

/**
 * Makes a file system that passes everything through to a folder of the host, by synchronous calls in this thread: media
 * is never kept in memory, and what is written is on the disk at once.
 */
export function createFolderFs(fs: Fs): FolderFs {
  const descriptors = new Map<FsStream, number>();
  return {
    mount({ opts }) {
      const root = fs.createNode(null, "/", TYPE.folder | PERMISSIONS.own, 0);
      const folder = new Folder(fs, opts, root, descriptors);
      root.node_ops = folder.nodeOperations;
      root.stream_ops = folder.streamOperations;
      return root;
    },
    closeAll() {
      for (const descriptor of descriptors.values()) disk.closeSync(descriptor);
      descriptors.clear();
    },
  };
}

/** One mount: maps names and bytes to those of the host. */
class Folder {
  readonly nodeOperations: NodeOperations = {
    getattr: (node) => this.#attempt(() => attributes(node, disk.statSync(this.#pathOf(node)))),
    setattr: (node, { size }) => {
      if (size !== undefined)
        this.#attempt(() => disk.truncateSync(this.#writable(node.parent, node.name), size));
    },
    lookup: (parent, name) => this.#lookup(parent, name),
    mknod: (parent, name, mode) => {
      const path = this.#writable(parent, name);
      const isFolder = this.#fs.isDir(mode);
      // Links are not followed, and count as missing.
      const flag = "wx";
      this.#attempt(() =>
        isFolder ? disk.mkdirSync(path) : disk.writeFileSync(path, "", { flag }),
      );
      return this.#node(parent, name, isFolder ? TYPE.folder : TYPE.file, PERMISSIONS.own);
    },
    rename: (node, parent, name) => this.#rename(node, parent, name),
    unlink: (parent, name) => this.#attempt(() => disk.unlinkSync(this.#writable(parent, name))),
    rmdir: (parent, name) => this.#attempt(() => disk.rmdirSync(this.#writable(parent, name))),
    readdir: (node) => [
      ...[".", ".."],
      ...this.#attempt(() => disk.readdirSync(this.#pathOf(node))),
    ],
  };

  readonly streamOperations: StreamOperations = {
    open: (stream) => {
      const flags = (stream.flags & WRITE_FLAGS) === 0 ? "r" : "r+";
      this.#open.set(
        stream,
        this.#attempt(() => disk.openSync(this.#pathOf(stream.node), flags)),
      );
    },
    close: (stream) => {
      const descriptor = this.#descriptor(stream);
      this.#open.delete(stream);
      this.#attempt(() => disk.closeSync(descriptor));
    },
    read: (stream, heap, offset, length, position) =>
      this.#attempt(() => disk.readSync(this.#descriptor(stream), heap, offset, length, position)),
    write: (stream, heap, offset, length, position) => {
      const descriptor = this.#descriptor(stream);
      let done = 0;
      // The core takes a short write for a complete one.
      while (done < length)
        done += this.#attempt(() =>
          disk.writeSync(descriptor, heap, offset + done, length - done, position + done),
        );
      return done;
    },
    llseek: (stream, offset, whence) => {
      const base =
        whence === SEEK.current
          ? stream.position
          : whence === SEEK.end
            ? this.#attempt(() => disk.fstatSync(this.#descriptor(stream)).size)
            : 0;
      if (base + offset < 0) throw new this.#fs.ErrnoError(ERRNO.EINVAL);
      return base + offset;
    },
  };

  readonly #fs: Fs;
  readonly #mount: FolderMount;
  readonly #root: FsNode;
  readonly #open: Map<FsStream, number>;

  constructor(fs: Fs, mount: FolderMount, root: FsNode, open: Map<FsStream, number>) {
    this.#fs = fs;
    this.#mount = mount;
    this.#root = root;
    this.#open = open;
  }

  #attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw error instanceof this.#fs.ErrnoError ? error : new this.#fs.ErrnoError(errnoOf(error));
    }
  }

  #descriptor(stream: FsStream): number {
    const descriptor = this.#open.get(stream);
    if (descriptor === undefined) throw new this.#fs.ErrnoError(ERRNO.EBADF);
    return descriptor;
  }

  #given(parent: FsNode, name: string): string | undefined {
    const { files } = this.#mount;
    return parent === this.#root && Object.hasOwn(files, name) ? files[name] : undefined;
  }

  #pathOf(node: FsNode): string {
    if (node !== this.#root) return this.#path(node.parent, node.name);
    if (this.#mount.folder === undefined) throw new this.#fs.ErrnoError(ERRNO.EACCES);
    return this.#mount.folder;
  }

  #path(parent: FsNode, name: string): string {
    return this.#given(parent, name) ?? `${this.#pathOf(parent)}/${name}`;
  }

  /** The host's path of something that may be changed. */
  #writable(parent: FsNode, name: string): string {
    if (this.#given(parent, name) !== undefined) throw new this.#fs.ErrnoError(ERRNO.EROFS);
    return this.#path(parent, name);
  }

  #node(parent: FsNode, name: string, type: number, permissions: number): FsNode {
    const node = this.#fs.createNode(parent, name, type | permissions, 0);
    node.node_ops = this.nodeOperations;
    node.stream_ops = this.streamOperations;
    return node;
  }

  #lookup(parent: FsNode, name: string): FsNode {
    const given = this.#given(parent, name);
    const path = this.#path(parent, name);
    // A link inside the folder could lead out of it. Links to the given files were resolved by the caller.
    const stats = this.#attempt(() =>
      given === undefined ? disk.lstatSync(path) : disk.statSync(path),
    );
    const type = stats.isDirectory() ? TYPE.folder : stats.isFile() ? TYPE.file : undefined;
    if (type === undefined) throw new this.#fs.ErrnoError(ERRNO.EACCES);
    const permissions = given === undefined ? PERMISSIONS.own : PERMISSIONS.given;
    return this.#node(parent, name, type, permissions);
  }

  #rename(node: FsNode, parent: FsNode, name: string): void {
    const from = this.#writable(node.parent, node.name);
    const to = this.#writable(parent, name);
    // The core keeps the node of a file that is replaced, and would find it again after the new one is removed.
    try {
      this.#fs.destroyNode(this.#fs.lookupNode(parent, name));
    } catch (error) {
      if (!(error instanceof this.#fs.ErrnoError)) throw error;
    }
    this.#attempt(() => disk.renameSync(from, to));
    node.name = name;
    node.parent = parent;
  }
}

function attributes({ mode }: FsNode, stats: disk.Stats): FsAttributes {
  const { dev, ino, nlink, uid, gid, rdev, size, atime, mtime, ctime, blksize, blocks } = stats;
  return { dev, ino, mode, nlink, uid, gid, rdev, size, atime, mtime, ctime, blksize, blocks };
}
