import type { Capabilities } from "../plan/plan.ts";
import type { EngineName } from "../task/task.ts";

/** What a node that runs tasks says of itself; the same as long as it lives. */
export type Node = {
  /** That of its instance, as claims name it. */
  readonly id: string;
  /** The name of its machine. */
  readonly host: string;
  /** Where it stands, as its config says; empty where it does not. */
  readonly zone: string;
  /** The version of this program. */
  readonly version: string;
  readonly engine: EngineName;
  /** Of its FFmpeg. */
  readonly engineVersion: string;
  /** What tasks may need of it, in the words of their needs. */
  readonly abilities: readonly string[];
  readonly capabilities: Capabilities;
  readonly slots: number;
  /** ms since the epoch, as all times here. */
  readonly startedMs: number;
};

/** How a node stands at a beat. */
export type Beat = {
  readonly running: number;
  readonly isDraining: boolean;
  /** The family of devices that encode for it; null is none, or none found yet. */
  readonly hardware: string | null;
};

/** What operators want of a node. */
export type Order = {
  /** That it takes no more tasks up. */
  readonly isToDrain: boolean;
  /** When it hands back what runs then; null is never. */
  readonly handBackMs: number | null;
};

/** A node as the others know it. */
export type SeenNode = Node & Beat & Order & { readonly seenMs: number };

/** A slice of a long encode that a node makes. */
export type RunningSlice = {
  readonly workerId: string;
  readonly taskId: string;
  /** Its place among those of its step, from 0 on. */
  readonly index: number;
};

/** Calls of a client that a node would answer. */
export type CallsWanted = {
  readonly clientCode: string;
  /** How many come back to the client in a second. */
  readonly perSecond: number;
  /** How many it has at most. */
  readonly atOnce: number;
  readonly wanted: number;
};

/** Calls that a node may answer. */
export type CallsGiven = {
  /** Whole, at most those that were wanted. */
  readonly calls: number;
  /** What the client has left for others, also a part of a call. */
  readonly left: number;
  /** Whether no other client was asked for on any node within the last 10 s. */
  readonly isAlone: boolean;
};

/** Port: the nodes over one database, first of all those that run tasks. Such a node is in it from its first beat until it leaves, or has long been silent. */
export interface Fleet {
  /** How many nodes had a free slot when they told of themselves, as of some seconds ago; at least 1. */
  readonly idleNodes: number;
  /** Whether this node is one of the few that look after what is of nobody: leases of dead workers, left targets, receivers. All of a small fleet are. */
  readonly isKeeper: boolean;
  /** Tells of a node, and that it lives. @returns what operators want of it */
  beat(node: Node, beat: Beat): Promise<Order>;
  /** The node runs nothing any more. */
  leave(id: string): Promise<void>;
  /** Those that run tasks, by when they started; those that died are among them for a while. */
  nodes(): Promise<readonly SeenNode[]>;
  /** The slices that they make now, those of tasks that run elsewhere too. */
  slices(): Promise<readonly RunningSlice[]>;
  /**
   * What the engines of living nodes can. Asked for at each create, so it may be some seconds old.
   *
   * @returns the same object as long as that is the same; undefined while no node is there
   */
  capabilities(): Promise<Capabilities | undefined>;
  /** Says what is wanted of a node, which hears of it soon. @throws {TaskError} `no_such_resource` */
  order(id: string, order: Order): Promise<SeenNode>;
  /** Takes calls of those that a client may make of all nodes together; they come back with time. */
  takeCalls(wanted: CallsWanted): Promise<CallsGiven>;
  /** Calls back when something may be wanted of a node; only a hint. @returns what ends this */
  onOrder(id: string, listener: () => void): () => void;
}
