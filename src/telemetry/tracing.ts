import { randomBytes } from "node:crypto";
import { maskSecrets } from "../lib/mask.ts";
import type { Telling, TellingResult } from "../task/delivery.ts";
import type { Failure, Task } from "../task/task.ts";
import { type Attributes, SPAN_KIND, type Span } from "./spans.ts";
import type { AnsweredCall, Phase, PhaseFacts } from "./telemetry.ts";
import { parseTraceParent, type TraceContext, writeTraceParent } from "./trace-context.ts";

/** A span that is under way. */
export type OpenSpan = { readonly end: (failure?: Failure) => void };

/** The span of a run, below which its parts have theirs. */
export type RunTrace = OpenSpan & {
  readonly begin: (phase: Phase, facts: PhaseFacts) => OpenSpan;
};

/** The span of a call. */
export type CallTrace = {
  /** The context of what the call leads to. */
  readonly traceParent: string;
  readonly end: (call: AnsweredCall) => void;
};

/** The span of a try to tell a receiver. */
export type TellingTrace = {
  readonly traceParent: string;
  readonly end: (result: Pick<TellingResult, "httpStatus" | "detail">) => void;
};

/** Takes spans that have ended. */
export type SpanSink = { readonly add: (span: Span) => void; readonly close: () => Promise<void> };

/** What a span begins with. */
type Beginning = Pick<Span, "name" | "kind" | "attributes">;

const SAMPLED = 1;
/** Traces are chosen by their ids, so that all services that do so choose the same. */
const ID_RANGE = 2 ** 48;

/** Makes the spans of calls, runs and their parts: a call that creates a task, and all runs of that task, are one trace. */
export class Tracing {
  readonly #sink: SpanSink;
  readonly #share: number;

  /** @param percent - how many of 100 traces that begin here are sent; one that a caller began is sent if the caller sends it */
  constructor(sink: SpanSink, percent: number) {
    this.#sink = sink;
    this.#share = percent / 100;
  }

  beginCall(method: string, traceParent: string | undefined): CallTrace {
    const span = this.#begin(parseTraceParent(traceParent), {
      ...{ name: method, kind: SPAN_KIND.server },
      attributes: { "http.request.method": method },
    });
    return {
      traceParent: writeTraceParent(span.context),
      end: ({ route, status, requestId, clientCode, taskId }) =>
        span.end({
          name: `${method} ${route}`,
          attributes: {
            "http.route": route,
            "http.response.status_code": status,
            "pontus.request.id": requestId(),
            "pontus.client.code": clientCode,
            "pontus.task.id": taskId,
          },
          ...(status >= 500 && { failure: `answered ${status}` }),
        }),
    };
  }

  beginRun(task: Task, attempt: number): RunTrace {
    const span = this.#begin(parseTraceParent(task.origin?.traceParent), {
      ...{ name: "run", kind: SPAN_KIND.consumer },
      attributes: {
        "pontus.task.id": task.id,
        "pontus.task.attempt": attempt,
        "pontus.client.code": task.clientCode,
        "pontus.profile.name": task.profileName,
        "pontus.source": maskSecrets(task.sourceUrl),
      },
    });
    return {
      end: (failure) => span.end(ended(failure)),
      begin: (phase, facts) => {
        const part = this.#begin(span.context, partOf(phase, facts));
        return { end: (failure) => part.end(ended(failure)) };
      },
    };
  }

  beginTelling({ traceParent, event }: Telling): TellingTrace {
    const span = this.#begin(parseTraceParent(traceParent), {
      ...{ name: "notify receiver", kind: SPAN_KIND.client },
      attributes: { "pontus.task.id": event.taskId, "pontus.event.type": event.type },
    });
    return {
      traceParent: writeTraceParent(span.context),
      end: ({ httpStatus, detail }) =>
        span.end({
          attributes: { "http.response.status_code": httpStatus },
          failure: detail === undefined ? undefined : maskSecrets(detail),
        }),
    };
  }

  /** Sends what is left. */
  close(): Promise<void> {
    return this.#sink.close();
  }

  #begin(parent: TraceContext | undefined, beginning: Beginning) {
    const traceId = parent?.traceId ?? randomBytes(16).toString("hex");
    const spanId = randomBytes(8).toString("hex");
    const flags = parent ? parent.flags & SAMPLED : Number(this.#isChosen(traceId));
    const startMs = Date.now();
    const began = performance.now();
    const end = ({ attributes, failure, ...changes }: Partial<Span>): void => {
      if (flags !== SAMPLED) return;
      this.#sink.add({
        ...{ traceId, spanId, parentId: parent?.spanId, ...beginning, ...changes },
        ...{ startMs, endMs: startMs + performance.now() - began },
        attributes: { ...beginning.attributes, ...attributes },
        failure,
      });
    };
    return { context: { traceId, spanId, flags }, end };
  }

  #isChosen(traceId: string): boolean {
    return Number.parseInt(traceId.slice(-12), 16) < this.#share * ID_RANGE;
  }
}

const ended = (failure: Failure | undefined) => ({
  attributes: { "error.type": failure?.code },
  failure: failure && maskSecrets(failure.detail),
});

function partOf(phase: Phase, { target, protocol, mediaSeconds }: PhaseFacts): Beginning {
  const attributes: Attributes = {
    "pontus.target.index": target,
    "pontus.target.protocol": protocol,
    "pontus.media.seconds": mediaSeconds,
  };
  return phase === "target"
    ? { name: "deliver to target", kind: SPAN_KIND.client, attributes }
    : { name: phase, kind: SPAN_KIND.internal, attributes };
}
