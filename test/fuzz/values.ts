import fc from "fast-check";
import { resolved, type Schema } from "../fixtures/document.ts";

/** Names few enough for tasks and profiles to meet. */
const name = fc.integer({ min: 0, max: 30 });

const address = fc.oneof(
  fc.constantFrom("clip.mp4", "file:clip.mp4", "gone.mov", "file:///gone/../gone.mp4", "a b.mkv"),
  fc.constantFrom(
    "http://127.0.0.1:1/in.mp4",
    "https://user:word@localhost:1/a.m3u8",
    "s3://b/k.mp4",
  ),
  fc.constantFrom("rtmp://127.0.0.1:1/live/key", "srt://127.0.0.1:1?mode=caller", "gopher://a/b"),
  fc.webUrl({ withQueryParameters: true }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
);
const place = fc.oneof(
  { weight: 9, arbitrary: name.map((at) => `out/${at}.mp4`) },
  { weight: 1, arbitrary: fc.constantFrom("out/set.m3u8", "out/set.mpd", "out/sound.mp3") },
  { weight: 1, arbitrary: address },
);
const profile = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "video_mp4_320x240_256kbps",
      "video_hls_adaptive",
      "audio_mp3_128kbps",
    ),
  },
  { weight: 3, arbitrary: name.map((at) => `own_${at}`) },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/) },
);

/** What a schema alone says too little of: most texts would be refused for the same reason. */
const BY_NAME: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  source_url: address,
  target_url: place,
  profile_name: profile,
};

/** Values as a schema allows them. */
export function valuesOf(given: Schema, called = ""): fc.Arbitrary<unknown> {
  const known = BY_NAME[called];
  if (known) return known;
  const schema = resolved(given);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => valuesOf(choice, called)));
  if (schema.allOf?.[0]) return valuesOf(schema.allOf[0], called);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === "object") return objectsOf(schema);
  if (schema.type === "array")
    return fc.array(valuesOf(schema.items ?? {}), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.min(schema.maxItems ?? 3, 3),
    });
  if (schema.type === "boolean") return fc.boolean();
  if (schema.type === "integer" || schema.type === "number") return numbersOf(schema);
  return textsOf(schema);
}

function objectsOf({
  properties = {},
  required = [],
  additionalProperties,
}: Schema): fc.Arbitrary<unknown> {
  if (additionalProperties)
    return fc.dictionary(fc.string({ maxLength: 8 }), valuesOf(additionalProperties), {
      maxKeys: 3,
    });
  const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, valuesOf(value, key)]),
  );
  return fc.record(values, { requiredKeys: [...required] });
}

function numbersOf({ type, minimum, exclusiveMinimum, maximum }: Schema): fc.Arbitrary<number> {
  const min = minimum ?? (exclusiveMinimum ?? -1) + 1;
  const max = maximum ?? 1e6;
  return type === "integer"
    ? fc.oneof(fc.integer({ min, max: Math.min(max, 4096) }), fc.integer({ min, max }))
    : fc.double({ min, max, noNaN: true });
}

function textsOf({ pattern, format, minLength = 0, maxLength = 64 }: Schema): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ minLength, maxLength: Math.min(maxLength, 64) });
}

/** A value with something of it changed, missing or too much. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null) return fc.jsonValue();
  const keys = Object.keys(value);
  const [first = "x"] = keys;
  return fc.oneof(
    fc.jsonValue(),
    fc
      .tuple(fc.constantFrom(first, ...keys), fc.jsonValue())
      .map(([key, other]) =>
        Array.isArray(value) ? value.with(0, other) : { ...value, [key]: other },
      ),
    fc.constantFrom(first, ...keys).map((key) => ({ ...value, [key]: undefined })),
    fc
      .constantFrom(first, ...keys)
      .chain((key) =>
        spoiled(Reflect.get(value, key)).map((inner) => ({ ...value, [key]: inner })),
      ),
    fc.tuple(fc.string(), fc.jsonValue()).map(([key, more]) => ({ ...value, [key]: more })),
  );
}
