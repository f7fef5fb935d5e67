/**
 * Version 00 alone is written; of a newer one its first four fields are read, as the recommendation asks.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACE_PARENT =
  /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?$/;

/** The trace, the span and the flags of a W3C trace context. */
export type TraceContext = {
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
};

/** What a `traceparent` says; undefined if it is none. */
export function parseTraceParent(text: string | null | undefined): TraceContext | undefined {
  const [, version = "", traceId = "", spanId = "", flags = "", rest] =
    TRACE_PARENT.exec(text ?? "") ?? [];
  if (traceId === "" || (version === "00" && rest !== undefined)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** The `traceparent` of a span. */
export const writeTraceParent = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-${(flags & 1).toString(16).padStart(2, "0")}`;

/** The trace of a stored context, for a line of the log. */
export const traceIdOf = (traceParent: string | null | undefined): string | undefined =>
  parseTraceParent(traceParent)?.traceId;
