/** An address of datagrams in its parts; the options by name, as they are written. */
export type SrtParts = {
  readonly host: string;
  readonly port: number;
  readonly options: Readonly<Record<string, string>>;
};

const PARTS = /^[a-z]+:\/\/(?:[^/?@]*@)?(\[[^\]]*\]|[^/?:@]*):(\d{1,5})\/?(?:\?(.*))?$/i;

/** Takes a checked address of SRT or UDP apart. */
export function srtParts(url: string): SrtParts {
  const [, named = "", digits = "", query = ""] = PARTS.exec(url) ?? [];
  const pairs = query.split("&").filter(Boolean);
  return {
    host: named.replace(/^\[|\]$/g, ""),
    port: Number(digits),
    options: Object.fromEntries(
      pairs.map((pair) => {
        const equals = pair.indexOf("=");
        return [pair.slice(0, equals), pair.slice(equals + 1)];
      }),
    ),
  };
}
