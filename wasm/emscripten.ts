/** A file or folder of Emscripten's file system. */
export type FsNode = {
  readonly id: number;
  name: string;
  parent: FsNode;
  mode: number;
  node_ops: Partial<NodeOperations>;
  stream_ops: Partial<StreamOperations>;
};

/** An open file. */
export type FsStream = {
  readonly node: FsNode;
  stream_ops: Partial<StreamOperations>;
  readonly flags: number;
  readonly position: number;
};

/** What `stat` returns. */
export type FsAttributes = {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly blksize: number;
  readonly blocks: number;
};

/** The operations of a file system on names. */
export type NodeOperations = {
  getattr(node: FsNode): FsAttributes;
  setattr(node: FsNode, attributes: { readonly size?: number; readonly mode?: number }): void;
  lookup(parent: FsNode, name: string): FsNode;
  mknod(parent: FsNode, name: string, mode: number, device: number): FsNode;
  rename(node: FsNode, parent: FsNode, name: string): void;
  unlink(parent: FsNode, name: string): void;
  rmdir(parent: FsNode, name: string): void;
  readdir(node: FsNode): string[];
};

/** The operations of a file system on bytes; positions are absolute. */
export type StreamOperations = {
  open(stream: FsStream): void;
  close(stream: FsStream): void;
  read(stream: FsStream, heap: Int8Array, offset: number, length: number, position: number): number;
  write(
    stream: FsStream,
    heap: Int8Array,
    offset: number,
    length: number,
    position: number,
  ): number;
  llseek(stream: FsStream, offset: number, whence: number): number;
};

/** A kind of file system: gives the root of a new mount. */
export type FileSystem<Options> = {
  mount(mount: { readonly opts: Options; readonly mountpoint: string }): FsNode;
};

/** Emscripten's file system, as far as it is used here. */
export type Fs = {
  readonly ErrnoError: new (errno: number) => Error;
  createNode(parent: FsNode | null, name: string, mode: number, device: number): FsNode;
  destroyNode(node: FsNode): void;
  lookupNode(parent: FsNode, name: string): FsNode;
  /** By its file descriptor. */
  getStream(fd: number): FsStream;
  isDir(mode: number): boolean;
  mkdir(path: string): void;
  writeFile(path: string, data: Uint8Array | string): void;
  chdir(path: string): void;
  unmount(path: string): void;
  mount<O>(type: FileSystem<O>, options: O, path: string): void;
};

/** An instance of `@ffmpeg/core`, as far as it is used here. Its own types leave most of this out. */
export type Core = {
  readonly FS: Fs;
  /** The exit code of the last run; -1 if the program did not end by itself. */
  readonly ret: number;
  /** The raw exports: `Ea` is `stackRestore` in 0.12.10. */
  readonly asm: { Ea(stackPointer: number): void };
  _malloc(bytes: number): number;
  exec(...args: readonly string[]): number;
  _ffprobe(count: number, strings: number): number;
  stringsToPtr(strings: readonly string[]): number;
  /** ms after which a run ends by itself; -1 is never, 0 is at once. */
  setTimeout(ms: number): void;
  setLogger(logger: (log: { readonly type: string; readonly message: string }) => void): void;
  setProgress(
    handler: (progress: { readonly progress: number; readonly time: number }) => void,
  ): void;
  reset(): void;
};
