import { escaped } from "./markup.ts";

/** What players are told of the key of a set whose samples are encrypted. */
export type ToldKey = {
  readonly method: keyof typeof METHODS;
  /** 32 hex digits. */
  readonly keyId: string;
  /** The initialization vector of all samples by `cbcs`, in hex; of `cenc` each has its own. */
  readonly vector: string;
};

/** What playlists name as the address of a key, and how it is got there. */
export type KeyPlace = { readonly url: string; readonly format: string };

/** The formats of keys in playlists: the key lies at its address as it is. */
export const IDENTITY = "identity";
/** What playlists call the ways. */
const METHODS = { cenc: "SAMPLE-AES-CTR", cbcs: "SAMPLE-AES" } as const;
const MAP = /^#EXT-X-MAP:.*$/m;

/**
 * A media playlist of ours whose samples are encrypted; others stay as they are.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-pantos-hls-rfc8216bis#section-4.4.4.4
 */
export function withSampleKey(
  text: string,
  { method, keyId, vector }: ToldKey,
  { url, format }: KeyPlace,
): string {
  const attributes = [
    `METHOD=${METHODS[method]}`,
    `URI="${url}"`,
    ...(method === "cbcs" ? [`IV=0x${vector}`] : []),
    // Players know the key by it before they have an init segment.
    ...(format === IDENTITY ? [] : [`KEYID=0x${keyId}`]),
    `KEYFORMAT="${format}"`,
    `KEYFORMATVERSIONS="1"`,
  ];
  return text.replace(MAP, (map) => `${map}\n#EXT-X-KEY:${attributes.join(",")}`);
}

const MP4_PROTECTION = "urn:mpeg:dash:mp4protection:2011";
const CLEAR_KEY = "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e";
const NAMESPACES =
  'xmlns:cenc="urn:mpeg:cenc:2013" xmlns:dashif="https://dashif.org/CPS" xmlns:clearkey="http://dashif.org/guidelines/clearKey"';
/** The streams that are fragments of mp4; texts are none. */
const STREAMS = /(<AdaptationSet [^>]*contentType="(?:video|audio)"[^>]*>)/g;

/**
 * A manifest of ours that says that the samples are encrypted. The box `pssh` is in the init segments alone: dash.js takes one that stands
 * in the manifest for something else.
 *
 * @param licenseUrl - the server that answers ClearKey's questions; undefined if players are told of it otherwise
 * @see ISO/IEC 23009-1, 5.8.4.1 and https://dashif.org/docs/IOP-Guidelines/DASH-IF-IOP-Part6-v5.0.0.pdf
 */
export function withContentProtection(
  manifest: string,
  { method, keyId }: ToldKey,
  licenseUrl: string | undefined,
): string {
  const id = keyId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const url = licenseUrl && escaped(licenseUrl);
  const place = url
    ? `<clearkey:Laurl Lic_type="EME-1.0">${url}</clearkey:Laurl><dashif:Laurl>${url}</dashif:Laurl>`
    : "";
  const told = [
    `<ContentProtection schemeIdUri="${MP4_PROTECTION}" value="${method}" cenc:default_KID="${id}" />`,
    `<ContentProtection schemeIdUri="${CLEAR_KEY}" value="ClearKey1.0">${place}</ContentProtection>`,
  ];
  return manifest
    .replace("<MPD ", `<MPD ${NAMESPACES}\n\t`)
    .replace(STREAMS, (head) => [head, ...told.map((line) => `\t\t\t${line}`)].join("\n"));
}
