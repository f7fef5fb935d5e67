/** What a span is of, by the numbers of OpenTelemetry. */
export const SPAN_KIND = { internal: 1, server: 2, client: 3, consumer: 5 } as const;

/** The facts of a span, by the names of OpenTelemetry where it has some. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A piece of work that has ended. Ids in hex, times in ms since the epoch. */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: (typeof SPAN_KIND)[keyof typeof SPAN_KIND];
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Why it failed; undefined if it did not. */
  readonly failure: string | undefined;
};

const STATUS = { unset: 0, error: 2 } as const;

/**
 * Spans as OTLP sends them in JSON.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export const otlpJson = (spans: readonly Span[], version: string) => ({
  resourceSpans: [
    {
      resource: {
        attributes: attributesOf({ "service.name": "pontus", "service.version": version }),
      },
      scopeSpans: [{ scope: { name: "pontus", version }, spans: spans.map(spanJson) }],
    },
  ],
});

const spanJson = ({ parentId, startMs, endMs, attributes, failure, ...span }: Span) => ({
  ...span,
  ...(parentId !== undefined && { parentSpanId: parentId }),
  startTimeUnixNano: nanosOf(startMs),
  endTimeUnixNano: nanosOf(endMs),
  attributes: attributesOf(attributes),
  status: failure === undefined ? { code: STATUS.unset } : { code: STATUS.error, message: failure },
});

/** As text, since it is more than a number holds; a microsecond is fine enough. */
const nanosOf = (ms: number): string => `${Math.round(ms * 1000)}000`;

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: typedValue(value) }],
  );

function typedValue(value: string | number) {
  if (typeof value === "string") return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
