import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { EGRESS_PRESETS } from "../net/egress-policy.ts";
import { parseRules } from "../net/egress-rules.ts";
import type { Config } from "./config.ts";
import { count, type Key, oneOf, seconds } from "./key.ts";

const secretLine = v.pipe(
  v.string(),
  v.regex(/^[^\s\p{Cc}]*$/u, "must hold no space or control character"),
);

const certificates = v.pipe(
  v.string(),
  v.rawTransform<string, readonly string[]>(({ dataset, addIssue, NEVER }) => {
    if (dataset.value === "") return [];
    try {
      const text = readFileSync(dataset.value, "utf8");
      const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      // Parsed here, so that a damaged certificate is reported at the start rather than at the first connection.
      for (const each of found) new X509Certificate(each);
      if (found.length > 0) return found;
    } catch {
      // Reported below.
    }
    addIssue({ message: "no certificate can be read there" });
    return NEVER;
  }),
);

const rules = {
  fallback: "",
  shown: "none",
  allowed:
    "hosts (cdn.example.com, *.example.com), addresses and networks (10.0.0.0/8, fd00::/8), each with a port if wanted (10.0.0.0/8:443, [fd00::/8]:443), separated by commas",
  schema: v.pipe(
    v.string(),
    v.transform(parseRules),
    v.custom<NonNullable<ReturnType<typeof parseRules>>>((read) => read !== undefined),
  ),
};

const PORT_MAX = 65_535;

function arePorts(text: unknown): boolean {
  const ranges = typeof text === "string" ? portsIn(text) : [];
  return (ranges ?? []).every(([first, last]) => first >= 1 && first <= last && last <= PORT_MAX);
}

/** Nothing where nothing is said. A range that cannot be read begins at no port. */
function portsIn(text: string): Config["listenPorts"] {
  if (text === "") return undefined;
  if (text === "none") return [];
  return text.split(/[\s,]+/).map((range) => {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    return [Number(first ?? 0), Number(last ?? first ?? 0)] as const;
  });
}

function isBareHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ""
  );
}

/** The fields of the config about the servers of sources and targets. */
type StorageField =
  | "mediaApi"
  | "httpTimeoutMs"
  | "transferBytesPerSecondMin"
  | "transferTimeoutMs"
  | "sourceBytesMax"
  | "egress"
  | "egressAllow"
  | "egressDeny"
  | "listenPorts"
  | "moreTrusted"
  | "s3Endpoint"
  | "s3Region"
  | "s3AccessKeyId"
  | "s3SecretAccessKey"
  | "s3SessionToken"
  | "s3Addressing";

/** The keys of those fields, in the order of the table in docs/configuration.md. */
export const STORAGE_KEYS: { readonly [F in StorageField]: Key<Config[F]> } = {
  mediaApi: {
    env: "PONTUS_MEDIA_API",
    fallback: "no",
    ...oneOf("no", "yes"),
    about:
      "Whether clients may put files into the media roots and read them out by calls (`/api/v{v}/media/…`), each within its own `roots`.",
  },
  httpTimeoutMs: {
    env: "PONTUS_HTTP_TIMEOUT_SECONDS",
    fallback: "30",
    ...seconds(1, 3600),
    about:
      "A server of an HTTP source or target that sends or takes nothing for this long is given up.",
  },
  transferBytesPerSecondMin: {
    env: "PONTUS_TRANSFER_BYTES_PER_SECOND_MIN",
    fallback: "8192",
    ...count(0, 999_999_999, "bytes"),
    about:
      "A server that sends or takes less in a second, over half a minute and after as long for a beginning, is given up; 0 waits for any.",
  },
  transferTimeoutMs: {
    env: "PONTUS_TRANSFER_TIMEOUT_SECONDS",
    fallback: "7200",
    ...seconds(1, 1_209_600),
    about:
      "How long the server of one source or target may be waited for, all together. Live streams are not limited.",
  },
  sourceBytesMax: {
    env: "PONTUS_SOURCE_BYTES_MAX",
    fallback: "274877906944",
    ...count(1024, 999_999_999_999_999, "bytes"),
    about: "The largest source that is fetched.",
  },
  egress: {
    env: "PONTUS_EGRESS",
    fallback: "lan",
    ...oneOf(...EGRESS_PRESETS),
    about:
      "Which servers tasks may name: `public` those of the internet, `lan` those of private networks too, `open` all, this machine among them.",
  },
  egressAllow: {
    env: "PONTUS_EGRESS_ALLOW",
    ...rules,
    about: "Servers that are allowed in spite of that.",
  },
  egressDeny: {
    env: "PONTUS_EGRESS_DENY",
    ...rules,
    about: "Servers that are refused in spite of all else.",
  },
  listenPorts: {
    env: "PONTUS_LISTEN_PORTS",
    fallback: "",
    shown: "none; with `PONTUS_EGRESS=open` all",
    allowed: "none, or ports and ranges of them (5000, 9000-9100), separated by commas",
    about:
      "The ports at which tasks may wait for live streams: `srt` as a listener, `udp` as a source.",
    schema: v.pipe(v.string(), v.custom<string>(arePorts), v.transform(portsIn)),
  },
  moreTrusted: {
    env: "PONTUS_CA_FILE",
    fallback: "",
    shown: "none",
    allowed: "the path of a file of certificates in PEM form",
    about:
      "Certificates of authorities of your own: servers of sources and targets may be signed by them too.",
    schema: certificates,
  },
  s3Endpoint: {
    env: "PONTUS_S3_ENDPOINT",
    fallback: "",
    shown: "Amazon S3 of the region",
    allowed: "an http: or https: address without credentials or a query",
    about: "The S3 store that `s3://bucket/key` means.",
    schema: v.pipe(
      v.string(),
      v.check((text) => text === "" || isBareHttpUrl(text)),
    ),
  },
  s3Region: {
    env: "PONTUS_S3_REGION",
    fallback: "us-east-1",
    allowed: "the name of a region",
    about: "Its region.",
    schema: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/i)),
  },
  s3AccessKeyId: {
    env: "PONTUS_S3_ACCESS_KEY_ID",
    fallback: "",
    shown: "none: `s3://` is refused",
    allowed: "a text of one line",
    about: "The access key; it needs the secret too.",
    schema: secretLine,
  },
  s3SecretAccessKey: {
    env: "PONTUS_S3_SECRET_ACCESS_KEY",
    fallback: "",
    shown: "none",
    allowed: "a text of one line",
    about: "The secret of the access key.",
    isSecret: true,
    schema: secretLine,
  },
  s3SessionToken: {
    env: "PONTUS_S3_SESSION_TOKEN",
    fallback: "",
    shown: "none",
    allowed: "a text of one line",
    about: "The session token of temporary keys.",
    isSecret: true,
    schema: secretLine,
  },
  s3Addressing: {
    env: "PONTUS_S3_ADDRESSING",
    fallback: "auto",
    ...oneOf("auto", "path", "virtual-host"),
    about:
      "Whether the bucket stands in the path or in the host name; `auto` is the path at an endpoint of your own, the host name at Amazon's.",
  },
};
