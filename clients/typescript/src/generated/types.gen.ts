// Generated from openapi.yaml by `bun run client`.

export type ClientOptions = {
    baseUrl: '{scheme}://{host}' | (string & {});
};

export type AddClient = {
    /**
     * May make these calls.
     */
    admin?: boolean;
    buckets?: Array<string> | ReachSides;
    client_code: string;
    egress_allow?: Array<string>;
    egress_deny?: Array<string>;
    hosts?: Array<string> | ReachSides;
    /**
     * Who is told of its tasks that name nobody; null is nobody.
     */
    notification?: {
        /**
         * Which events: all but `progress` where absent, none where empty. `progress` is told at most every 10 s, and not repeated.
         */
        events?: Array<TaskEventType>;
        /**
         * An address of http or https, to which each event is sent by POST, signed as Standard Webhooks has it.
         */
        url: string;
    } | null;
    /**
     * How many of its tasks may be pending; 0 is any number, null what the service is set to.
     */
    pending_max?: number | null;
    /**
     * Made where absent.
     */
    private_key?: string;
    /**
     * Made where absent.
     */
    public_key?: string;
    /**
     * How many calls it may make a second; 0 is any number, null what the service is set to.
     */
    requests_per_second?: number | null;
    roots?: Array<string> | ReachSides;
    /**
     * How many of its tasks may run at once; 0 is any number, null what the service is set to.
     */
    running_max?: number | null;
    /**
     * Takes the HMAC-SHA256 form of the checksum alone.
     */
    strong_only?: boolean;
    urls?: Array<string> | ReachSides;
    /**
     * What notifications are signed with: one, or two while it changes from one to the other; null is none. A new client gets one where absent.
     */
    webhook_secrets?: Array<string> | null;
    /**
     * Its share of the slots.
     */
    weight?: number;
};

export type AdminTask = Task & {
    client_code: string;
    /**
     * The instance that runs it.
     */
    worker_id?: string;
};

export type AdminTaskPage = {
    /**
     * Absent on the last page. A page before it may be short, or empty, where few tasks are wanted.
     */
    next_cursor?: string;
    tasks: Array<AdminTask>;
};

export type Attempt = {
    attempt: number;
    end_time?: string;
    engine: Engine;
    error?: TaskFailure;
    start_time: string;
};

export type AttemptLog = {
    attempt: number;
    /**
     * What was found and decided in this run, one English sentence each, in order.
     */
    decisions: Array<string>;
    /**
     * The last lines of the encoder, at most 200, secrets masked.
     */
    lines: Array<string>;
};

export type AudioFormat = 'aac' | 'aache2' | 'mp3' | 'ac3' | 'mp2' | 'copy' | 'opus' | 'none';

/**
 * Extension. `stereo`: more channels become stereo in which speech stays clear. `mono_pairs`: pairs of single channels become stereo. `surround_and_stereo`: 5.1, and such a stereo beside it.
 */
export type AudioMix = 'stereo' | 'mono_pairs' | 'surround_and_stereo';

/**
 * Extension. Which sounds of the source: `main` (default), `all`, or a list of languages (ISO 639 or BCP 47; `und` for those that name none) and of places among the sounds, from 0. Languages, titles and dispositions are kept.
 */
export type AudioTracks = 'main' | 'all' | Array<string | number>;

export type BeginDrain = {
    /**
     * How long tasks that run may go on before they are handed back; to their end where absent.
     */
    hand_back_after_seconds?: number;
    /**
     * The instance that is meant, of those of `…/admin/workers`; the one that answers where absent.
     */
    worker_id?: string;
};

export type ChangeClient = {
    /**
     * May make these calls.
     */
    admin?: boolean;
    /**
     * Its calls are refused.
     */
    disabled?: boolean;
    /**
     * Who is told of its tasks that name nobody; null is nobody.
     */
    notification?: {
        /**
         * Which events: all but `progress` where absent, none where empty. `progress` is told at most every 10 s, and not repeated.
         */
        events?: Array<TaskEventType>;
        /**
         * An address of http or https, to which each event is sent by POST, signed as Standard Webhooks has it.
         */
        url: string;
    } | null;
    /**
     * How many of its tasks may be pending; 0 is any number, null what the service is set to.
     */
    pending_max?: number | null;
    /**
     * How many calls it may make a second; 0 is any number, null what the service is set to.
     */
    requests_per_second?: number | null;
    /**
     * How many of its tasks may run at once; 0 is any number, null what the service is set to.
     */
    running_max?: number | null;
    /**
     * Null: the second pair of keys is valid no more.
     */
    second_public_key?: null;
    /**
     * Takes the HMAC-SHA256 form of the checksum alone.
     */
    strong_only?: boolean;
    /**
     * What notifications are signed with: one, or two while it changes from one to the other; null is none. A new client gets one where absent.
     */
    webhook_secrets?: Array<string> | null;
    /**
     * Its share of the slots.
     */
    weight?: number;
};

/**
 * How a part stands, in words and in numbers.
 */
export type Check = {
    detail: string;
    /**
     * What is free on the disk that has the least.
     */
    free_bytes?: number;
    /**
     * With less, no task is taken.
     */
    needed_bytes?: number;
    ok: boolean;
    /**
     * How long the oldest task that is due has waited; absent if there is none.
     */
    oldest_pending_seconds?: number;
    /**
     * Tasks that wait for a slot, or for their next try.
     */
    pending?: number;
    /**
     * Tasks that run: by all workers in `store`, here in `worker`.
     */
    running?: number;
    /**
     * How many tasks may run here at once.
     */
    slots?: number;
};

export type ClientLoad = {
    client_code: string;
    oldest_pending_seconds?: number;
    pending: number;
    running: number;
};

export type ClientPage = {
    clients: Array<ClientRecord>;
    /**
     * Absent on the last page.
     */
    next_cursor?: string;
};

export type ClientRecord = {
    admin: boolean;
    buckets?: Array<string> | ReachSides;
    client_code: string;
    disabled: boolean;
    egress_allow?: Array<string>;
    egress_deny?: Array<string>;
    hosts?: Array<string> | ReachSides;
    notification?: Notification;
    pending_max: number | null;
    public_key: string;
    requests_per_second: number | null;
    roots?: Array<string> | ReachSides;
    running_max: number | null;
    /**
     * Of another pair of keys that is valid, too.
     */
    second_public_key?: string;
    strong_only: boolean;
    urls?: Array<string> | ReachSides;
    /**
     * Its share of the slots.
     */
    weight: number;
};

export type ClientWithKeys = {
    admin: boolean;
    buckets?: Array<string> | ReachSides;
    client_code: string;
    disabled: boolean;
    egress_allow?: Array<string>;
    egress_deny?: Array<string>;
    hosts?: Array<string> | ReachSides;
    notification?: Notification;
    pending_max: number | null;
    /**
     * Told this once.
     */
    private_key: string;
    public_key: string;
    requests_per_second: number | null;
    roots?: Array<string> | ReachSides;
    running_max: number | null;
    /**
     * Of another pair of keys that is valid, too.
     */
    second_public_key?: string;
    strong_only: boolean;
    urls?: Array<string> | ReachSides;
    /**
     * Of a new client: what notifications are signed with. Told this once.
     */
    webhook_secrets?: Array<string>;
    /**
     * Its share of the slots.
     */
    weight: number;
};

export type Clip = {
    /**
     * To the end of the source where absent.
     */
    duration_seconds?: number;
    start_seconds: number;
};

/**
 * Extension. Captions (CEA-608/708) in the source's pictures: whether those of the output carry them, whether they become texts beside these, or both. Absent: they are kept where that needs nothing, and players are told where they are known.
 */
export type ClosedCaptions = 'keep' | 'drop' | 'extract' | 'keep_and_extract';

/**
 * Pictures of the whole film, or of the clip, from equal parts of it, on one picture. For jpg, webp, avif and png.
 */
export type ContactSheet = {
    /**
     * 4 where absent.
     */
    columns?: number;
    /**
     * 4 where absent.
     */
    rows?: number;
    /**
     * Of each picture, in pixels; its height keeps the shape. 320 where absent.
     */
    width?: number;
};

export type Container = 'flv' | 'mp4' | 'm3u8' | 'mpegts' | 'copy' | 'webm' | 'mkv' | 'mov' | 'dash' | 'cmaf' | 'mp3' | 'm4a' | 'ogg' | 'gif' | 'jpg' | 'webp' | 'awebp' | 'avif' | 'png';

export type CreateProfile = {
    /**
     * Empty where absent.
     */
    description?: string;
    profile_name: string;
    qlties: Array<Qlty>;
    thumbnails?: NewThumbnails;
};

export type CreateTask = {
    clip?: NewClip;
    /**
     * Text of the caller's own, returned as given: at most 16 keys, 1024 bytes in all.
     */
    metadata?: {
        [key: string]: string;
    };
    notification?: Notification;
    /**
     * Higher goes first. 0 where absent.
     */
    priority?: number;
    /**
     * A system or custom profile; the service's default where absent.
     */
    profile_name?: string;
    publish?: Publish;
    publish_failure?: PublishFailure;
    source?: NewSource;
    /**
     * Sources to be joined one after the other, each as a whole or as a part; in the place of `source` and `clip`.
     */
    sources?: Array<NewSourcePart>;
    /**
     * Extension. Files of subtitles (SRT, WebVTT or ASS), which count as tracks behind those of the source: they go into the outputs whose profiles take them by `subtitle_tracks`.
     */
    subtitles?: Array<NewSubtitles>;
    /**
     * Where to write. A single object is taken as an array of one.
     */
    targets: Array<NewTarget>;
    /**
     * The task fails with TimeOut when it runs longer.
     */
    timeout_seconds?: number;
    /**
     * What the outputs are called, in place of the source's own title.
     */
    title?: string;
};

/**
 * The part of the source's upright picture that is kept, in its own pixels; even numbers. Without a place, it is the middle.
 */
export type Crop = {
    height: number;
    width: number;
    x?: number;
    y?: number;
};

/**
 * Of an interlaced source: `bob` makes a frame of each field, at twice the rate; `off` leaves fields as they are.
 */
export type Deinterlace = 'auto' | 'bob' | 'off';

export type Denoise = 'light' | 'medium' | 'strong';

export type Drain = {
    /**
     * Nothing runs there any more, and nothing will: the service can be stopped.
     */
    drained: boolean;
    draining: boolean;
    hand_back_time?: string;
    /**
     * How many tasks were handed back. Of the instance that answers.
     */
    handed_back?: number;
    running: number;
    /**
     * Of the instance that answers.
     */
    since_time?: string;
};

/**
 * `sdr`, the default, makes 8 bits of a standard range of everything. `source` keeps the depth (up to 10 bits), the colours and HDR10 or HLG of the source: h265 and av1.
 */
export type DynamicRange = 'sdr' | 'source';

/**
 * With dynamic_range `source`: whether what cannot be kept is refused, as by default, or mapped to a standard range.
 */
export type DynamicRangeFallback = 'refuse' | 'map';

/**
 * Options of the encoder by its own names, of those that docs/profiles.md lists; `x264-params`, `x265-params` and `svtav1-params` hold several.
 */
export type EncoderOptions = {
    [key: string]: string | number | boolean;
};

export type Encryption = {
    /**
     * Absent if keys are made.
     */
    is_key_given?: true;
    /**
     * KEYFORMAT of the playlists, with cenc and cbcs: how players get the key at `key_url`. Where absent it is `identity`: the key lies there, 16 bytes.
     */
    key_format?: string;
    /**
     * 32 hex digits: what players know `key` by, with cenc and cbcs. Keys that are made have ids of their own.
     */
    key_id?: string;
    /**
     * Where players of HLS get a key: an address of your own, as playlists name it. `{task_id}` and `{key}`, the number of the key from 0, are filled in, and `{key_id}` with cenc and cbcs. For a dash group there is `license_url`.
     */
    key_url?: string;
    /**
     * With cenc and cbcs in dash and cmaf: the server that answers players of DASH that ask for keys by ClearKey, as the manifest names it, filled in like `key_url`. Where absent the manifest names none.
     */
    license_url?: string;
    method: EncryptionMethod;
    /**
     * How many segments have one key, with aes-128; all of them where absent.
     */
    rotate_segments?: number;
};

export type EncryptionMethod = 'aes-128' | 'cenc' | 'cbcs';

export type Engine = 'native' | 'wasm';

export type EventFailure = {
    code: TaskFailureCode;
    /**
     * The cause, one plain English sentence.
     */
    detail: string;
};

export type EventTarget = {
    /**
     * Its place in the task's `targets`.
     */
    index: number;
    target_status: TargetStatus;
    target_url: string;
};

export type FieldProblem = {
    message: string;
    path: string;
};

export type Health = {
    status: 'ok';
    version: string;
};

export type InputKind = 'picture' | 'subtitles' | 'source';

export type Limits = {
    attempts_max: number;
    body_bytes_max: number;
    client_pending_max: number;
    client_requests_per_second: number;
    client_running_max: number;
    concurrency: number;
    connections_max: number;
    disk_free_bytes_min: number;
    live_waiting_max: number;
    max_pixels: number;
    output_pixels_max: number;
    retention_days: number;
    retry_max_seconds: number;
    source_bytes_max: number;
    targets_max: number;
    task_timeout_seconds: number;
};

/**
 * As EBU R 128 measures it; -70 LUFS is silence.
 */
export type Loudness = {
    integrated_lufs: number;
    range_lu: number;
    true_peak_dbtp: number;
};

export type MediaPlaces = {
    /**
     * The same of what it may read.
     */
    readable: Array<string>;
    /**
     * Larger files are refused; 0 is any size.
     */
    size_bytes_max: number;
    /**
     * What paths begin with that it may write; empty is the first media root.
     */
    writable: Array<string>;
};

/**
 * How close a picture comes to what it was made of is measured.
 */
export type Metric = 'ssim' | 'xpsnr' | 'vmaf';

/**
 * The part of the source to transcode.
 */
export type NewClip = {
    /**
     * To the end of the source where absent.
     */
    duration_seconds?: number;
    /**
     * 0 where absent.
     */
    start_seconds?: number;
};

/**
 * How the segments are encrypted: whole (`aes-128` of HLS, for m3u8 alone), or their samples by Common Encryption (`cenc` is AES-CTR, `cbcs` AES-CBC in a pattern, which HLS calls SAMPLE-AES) in dash, cmaf, and m3u8 of h265.
 */
export type NewEncryption = {
    /**
     * KEYFORMAT of the playlists, with cenc and cbcs: how players get the key at `key_url`. Where absent it is `identity`: the key lies there, 16 bytes.
     */
    key_format?: string;
    /**
     * 32 hex digits: what players know `key` by, with cenc and cbcs. Keys that are made have ids of their own.
     */
    key_id?: string;
    /**
     * Where players of HLS get a key: an address of your own, as playlists name it. `{task_id}` and `{key}`, the number of the key from 0, are filled in, and `{key_id}` with cenc and cbcs. For a dash group there is `license_url`.
     */
    key_url?: string;
    /**
     * With cenc and cbcs in dash and cmaf: the server that answers players of DASH that ask for keys by ClearKey, as the manifest names it, filled in like `key_url`. Where absent the manifest names none.
     */
    license_url?: string;
    method?: EncryptionMethod;
    /**
     * How many segments have one key, with aes-128; all of them where absent.
     */
    rotate_segments?: number;
};

/**
 * Required, unless there are `sources`.
 */
export type NewSource = {
    source_url: string;
};

export type NewSourcePart = {
    clip?: NewClip;
    source_url: string;
};

export type NewSubtitles = {
    /**
     * How its characters are written (`windows-1251`, `shift_jis` …). Where absent, what is no Unicode is taken as was usual in its language, with a warning.
     */
    charset?: string;
    /**
     * Players show it by themselves. It is so of one at most.
     */
    default?: boolean;
    /**
     * It has only what is shown to everyone, as of another language.
     */
    forced?: boolean;
    /**
     * ISO 639 or BCP 47.
     */
    language: string;
    source_url: string;
    /**
     * What players call it in their menus.
     */
    title?: string;
};

export type NewTarget = {
    /**
     * The profile of this target alone, in place of the task's.
     */
    profile_name?: string;
    target_url: string;
};

/**
 * Small pictures for a player's seek bar, on sheets, with a WebVTT track (`thumbnails.vtt` in the folder of the set's segments) that says where each lies. For m3u8, dash and cmaf.
 */
export type NewThumbnails = {
    /**
     * One picture for each. 10 where absent.
     */
    interval_seconds?: number;
    /**
     * Of one picture, in pixels; its height keeps the shape. 160 where absent.
     */
    width?: number;
};

export type Notification = {
    /**
     * Which events: all but `progress` where absent, none where empty. `progress` is told at most every 10 s, and not repeated.
     */
    events?: Array<TaskEventType>;
    /**
     * An address of http or https, to which each event is sent by POST, signed as Standard Webhooks has it.
     */
    url: string;
};

/**
 * What the target holds, as probed from the finished file.
 */
export type Output = {
    audio?: OutputAudio;
    /**
     * Extension. Present if the profile has `audio_tracks`, `audio_mix` or `loudness`: every sound that the target holds.
     */
    audio_tracks?: Array<OutputSound>;
    bitrate_bps: number;
    container: string;
    duration_seconds: number;
    encryption?: OutputEncryption;
    quality?: Quality;
    /**
     * Of an adaptive set, in the order of the profile, of the adaptive system profiles the best first; `video` and `audio` beside are those of the first. A shared sound counts with each.
     */
    renditions?: Array<OutputRendition>;
    /**
     * Extension. Present if nothing was encoded for it: it was made before of the same source by the same plan, and kept. Absent = not reused.
     */
    reused?: true;
    size_bytes: number;
    video?: OutputVideo;
};

export type OutputAudio = {
    bitrate_bps?: number;
    channels: number;
    codec: string;
    samplerate_hz: number;
};

/**
 * Of a set whose segments are encrypted.
 */
export type OutputEncryption = {
    /**
     * Of cenc and cbcs: what players know the key by, 32 hex digits.
     */
    key_id?: string;
    /**
     * How many keys there are; they are counted from 0.
     */
    keys: number;
    method: string;
};

export type OutputRendition = {
    audio?: OutputAudio;
    bitrate_bps: number;
    container: string;
    duration_seconds: number;
    quality?: Quality;
    /**
     * Extension. Present if its picture was not encoded for it: it was made before for another set of the same source, and kept.
     */
    reused?: true;
    size_bytes: number;
    video?: OutputVideo;
};

export type OutputSound = {
    bitrate_bps?: number;
    channels: number;
    codec: string;
    /**
     * Such as `comment`, `dub`.
     */
    dispositions: Array<string>;
    /**
     * Players begin with it.
     */
    is_default: boolean;
    /**
     * ISO 639-2/T.
     */
    language?: string;
    /**
     * Present if `loudness` was asked for: of the source's sound as it was to be encoded, and of what came out.
     */
    loudness?: {
        after: Loudness;
        before: Loudness;
    };
    samplerate_hz: number;
    title?: string;
};

export type OutputVideo = {
    bitrate_bps?: number;
    codec: string;
    framerate: number;
    height: number;
    width: number;
};

export type Phase = 'FETCHING' | 'TRANSCODING' | 'DELIVERING';

/**
 * Roughly, within a few times. Empty where the length of the source is unknown.
 */
export type PlanEstimate = {
    /**
     * Of the steps, on this machine if nothing else runs; without fetches and deliveries.
     */
    seconds?: number;
    /**
     * Of all outputs together.
     */
    size_bytes?: number;
};

export type PlannedAudio = {
    action: StreamAction;
    codec?: string;
    /**
     * A part of an English sentence.
     */
    why: string;
};

export type PlannedInput = {
    /**
     * As ffprobe names it.
     */
    container: string;
    /**
     * Its name in the runs of ffmpeg.
     */
    file: string;
    kind: InputKind;
    /**
     * What the task or its profile calls it.
     */
    name: string;
    source_url?: string;
};

export type PlannedOutput = {
    audio: PlannedAudio;
    container: string;
    /**
     * Of an adaptive set: the size of each that has pictures.
     */
    renditions?: Array<PlannedRendition>;
    /**
     * Present if it was made before and is kept, so that no step would be run. Absent too where that is not known, as more than 64 MiB of the source would have to be read.
     */
    reused?: true;
    /**
     * The places of these targets in the request.
     */
    targets: Array<number>;
    video: PlannedVideo;
};

export type PlannedRendition = {
    height?: number;
    width?: number;
};

/**
 * What was found in the source; the address alone where nothing was.
 */
export type PlannedSource = {
    bitrate_bps?: number;
    /**
     * As ffprobe names it.
     */
    container?: string;
    duration_seconds?: number;
    size_bytes?: number;
    source_url: string;
    streams?: Array<PlannedStream>;
};

export type PlannedStep = {
    /**
     * Those of ffmpeg, secrets masked, one each. A run has general options in front of them; `000000000000-1` and the like in names of segments stand for the task, and addresses of live streams for those of relays on this machine.
     */
    arguments: Array<string>;
    name: StepName;
    /**
     * Of a run that makes a slice of a long encode for all outputs: its number, from 0 on.
     */
    slice?: number;
    /**
     * Why an encode is not cut into slices, where long ones are.
     */
    whole?: string;
};

export type PlannedStream = {
    bitrate_bps?: number;
    channels?: number;
    codec: string;
    framerate?: number;
    height?: number;
    index: number;
    kind: StreamKind;
    language?: string;
    samplerate_hz?: number;
    /**
     * What becomes of it in each output.
     */
    uses: Array<StreamUse>;
    width?: number;
};

export type PlannedVideo = {
    action: StreamAction;
    codec?: string;
    height?: number;
    /**
     * A part of an English sentence.
     */
    why: string;
    width?: number;
};

export type Preset = 'default' | 'highQuality' | 'highPerformance';

/**
 * Why a call was refused.
 */
export type Problem = {
    error: {
        code: ProblemCode;
        /**
         * Each bad field.
         */
        details?: Array<FieldProblem>;
        /**
         * What a person reads: English, or Chinese where asked for.
         */
        message: string;
        /**
         * Also in the header X-Request-Id, and in the log of the service.
         */
        request_id: string;
    };
};

/**
 * What a program decides by. Later versions may have more.
 */
export type ProblemCode = 'AccessDenied' | 'AuthenticationFailed' | 'ClientExists' | 'IdempotencyConflict' | 'InputNotSupported' | 'InsufficientStorage' | 'InternalError' | 'InvalidParameterException' | 'InvalidRange' | 'InvalidVersion' | 'MalformedJSON' | 'MethodNotAllowed' | 'NoSuchClient' | 'NoSuchMedia' | 'NoSuchProfile' | 'NoSuchResource' | 'NoSuchTask' | 'OutputNotSupported' | 'ProfileExists' | 'ProfileNotEmpty' | 'RequestExpired' | 'RequestReplayed' | 'RequestTooLarge' | 'ServiceUnavailable' | 'TaskConflict' | 'TooManyRequests' | 'UnsupportedMediaType' | 'UploadConflict';

export type Profile = {
    /**
     * Absent on the system's profiles.
     */
    create_time?: string;
    description: string;
    profile_name: string;
    qlties: Array<QltyAnswer>;
    qlties_length: number;
    thumbnails?: Thumbnails;
};

export type ProfileDeleted = {
    profile_name: string;
};

/**
 * The client's own, then the system's catalogue.
 */
export type ProfileList = {
    profiles: Array<Profile>;
};

export type Progress = {
    /**
     * Of a live task.
     */
    dropped_frames?: number;
    eta_seconds?: number;
    fps: number;
    out_time_seconds: number;
    /**
     * None of a live task.
     */
    percent?: number;
    phase: Phase;
    /**
     * Multiples of real time.
     */
    speed: number;
};

/**
 * When the outputs can be seen. `whole` (the same as none): once they are finished and verified. `growing`: sets of HLS while they are made, from their first segments on, as an event that becomes a film at its end. It is for tasks whose targets are all sets.
 */
export type Publish = 'whole' | 'growing';

/**
 * What becomes of a set that grows when its task fails for good or is cancelled. `remove` (the same as none): it is taken down. `close`: it ends after the segments that were published. Only with `publish: growing`.
 */
export type PublishFailure = 'remove' | 'close';

/**
 * One output rendition. Numbers are also taken as text, and always answered as numbers.
 */
export type Qlty = {
    /**
     * bits/s; required unless copied.
     */
    audio_bitrate?: number;
    audio_format?: AudioFormat;
    audio_mix?: AudioMix;
    /**
     * Hz.
     */
    audio_samplerate?: 8000 | 11025 | 12000 | 16000 | 22050 | 24000 | 32000 | 44100 | 48000 | 64000 | 88200 | 96000;
    audio_tracks?: AudioTracks;
    b_frame_size?: number;
    /**
     * bits/s; required unless copied, or with `rc_mode: quality`.
     */
    bitrate?: number;
    /**
     * Extension. The subtitles that are drawn into the picture: a language, or a place among the source's tracks and the files of `subtitles` behind them, counted from 0.
     */
    burn_in?: string | number;
    /**
     * Extension. The languages of captions by their channel (`CC1` to `CC4`, `SERVICE1` to `SERVICE63`), which captions themselves do not say.
     */
    caption_languages?: {
        [key: string]: string;
    };
    channels?: 1 | 2 | 6;
    closed_captions?: ClosedCaptions;
    contact_sheet?: ContactSheet;
    container: Container;
    crop?: Crop;
    deinterlace?: Deinterlace;
    denoise?: Denoise;
    dynamic_range?: DynamicRange;
    dynamic_range_fallback?: DynamicRangeFallback;
    encoder_options?: EncoderOptions;
    encryption?: NewEncryption;
    /**
     * False leaves the index of an mp4, mov or m4a at its end. Otherwise it is at the beginning, so that players can begin at once.
     */
    faststart?: boolean;
    format?: VideoFormat;
    /**
     * Also as a number, or with a denominator of 1.
     */
    framerate?: '12' | '15' | '24' | '25' | '30' | '60' | '24000/1001' | '30000/1001';
    /**
     * Frames.
     */
    gop_size?: 12 | 15 | 20 | 24 | 25 | 30 | 48 | 50 | 60 | 100 | 120;
    /**
     * Pixels; alone it keeps the aspect ratio.
     */
    height?: number;
    /**
     * Takes over the source's chapters.
     */
    keep_chapters?: boolean;
    /**
     * Takes over where the source was made. It is left out otherwise.
     */
    keep_location?: boolean;
    /**
     * Takes over the source's title, artist, album, album artist, composer, genre, date, track, comment, description and copyright.
     */
    keep_tags?: boolean;
    /**
     * How often a gif or an awebp is shown; 0, the default, is for ever.
     */
    loop?: number;
    /**
     * Extension. LUFS: the sound is measured (EBU R 128) and brought to this loudness; true peaks stay below -1 dBTP.
     */
    loudness?: number;
    /**
     * For live streams: frames leave the encoder as they come. h264 and h265 alone.
     */
    low_latency?: boolean;
    /**
     * Whether the output is measured against the source: see `output.quality`.
     */
    measure_quality?: boolean;
    /**
     * What fills the rest of width and height: a colour, black by default, or `off` for nothing at all: the picture is then as large as fits.
     */
    pad?: string;
    preset?: Preset;
    /**
     * With `rc_mode: quality`: how good, of every codec alike. 70 is fine for most; `bitrate` is then the ceiling, and may be left out.
     */
    quality?: number;
    quality_target?: QualityTarget;
    rc_mode?: RateControl;
    /**
     * Of files: if the output is larger than the source, the source's picture is copied in its place.
     */
    skip_if_larger?: boolean;
    subtitle_tracks?: TrackChoice;
    use_progressive?: boolean;
    watermark?: Watermark;
    waveform?: Waveform;
    /**
     * Pixels; alone it keeps the aspect ratio.
     */
    width?: number;
};

export type QltyAnswer = {
    /**
     * bits/s
     */
    audio_bitrate?: number;
    audio_format?: AudioFormat;
    audio_mix?: AudioMix;
    /**
     * Hz.
     */
    audio_samplerate?: number;
    audio_tracks?: AudioTracks;
    b_frame_size?: number;
    /**
     * bits/s
     */
    bitrate?: number;
    /**
     * Extension. The subtitles that are drawn into the picture: a language, or a place among the source's tracks and the files of `subtitles` behind them, counted from 0.
     */
    burn_in?: string | number;
    /**
     * Extension. The languages of captions by their channel (`CC1` to `CC4`, `SERVICE1` to `SERVICE63`), which captions themselves do not say.
     */
    caption_languages?: {
        [key: string]: string;
    };
    channels?: number;
    closed_captions?: ClosedCaptions;
    contact_sheet?: ContactSheet;
    /**
     * As in a request.
     */
    container: string;
    crop?: Crop;
    deinterlace?: Deinterlace;
    denoise?: Denoise;
    dynamic_range?: DynamicRange;
    dynamic_range_fallback?: DynamicRangeFallback;
    encoder_options?: EncoderOptions;
    encryption?: Encryption;
    /**
     * False leaves the index of an mp4, mov or m4a at its end. Otherwise it is at the beginning, so that players can begin at once.
     */
    faststart?: boolean;
    format?: VideoFormat;
    framerate?: string;
    /**
     * Frames.
     */
    gop_size?: number;
    height?: number;
    /**
     * Takes over the source's chapters.
     */
    keep_chapters?: boolean;
    /**
     * Takes over where the source was made. It is left out otherwise.
     */
    keep_location?: boolean;
    /**
     * Takes over the source's title, artist, album, album artist, composer, genre, date, track, comment, description and copyright.
     */
    keep_tags?: boolean;
    /**
     * How often a gif or an awebp is shown; 0, the default, is for ever.
     */
    loop?: number;
    /**
     * Extension. LUFS: the sound is measured (EBU R 128) and brought to this loudness; true peaks stay below -1 dBTP.
     */
    loudness?: number;
    /**
     * For live streams: frames leave the encoder as they come. h264 and h265 alone.
     */
    low_latency?: boolean;
    /**
     * Whether the output is measured against the source: see `output.quality`.
     */
    measure_quality?: boolean;
    /**
     * What fills the rest of width and height: a colour, black by default, or `off` for nothing at all: the picture is then as large as fits.
     */
    pad?: string;
    preset?: Preset;
    /**
     * With `rc_mode: quality`: how good, of every codec alike. 70 is fine for most; `bitrate` is then the ceiling, and may be left out.
     */
    quality?: number;
    quality_target?: QualityTarget;
    rc_mode?: RateControl;
    /**
     * Of files: if the output is larger than the source, the source's picture is copied in its place.
     */
    skip_if_larger?: boolean;
    subtitle_tracks?: TrackChoice;
    use_progressive?: boolean;
    watermark?: Watermark;
    waveform?: Waveform;
    width?: number;
};

/**
 * How close the output comes to the source.
 */
export type Quality = {
    /**
     * Where it was encoded once more: what the first encode came to.
     */
    first?: {
        quality: number;
        value: number;
    };
    /**
     * How many pictures were measured: those of parts that are spread over the film.
     */
    frames: number;
    /**
     * Of the worst picture.
     */
    lowest: number;
    metric: Metric;
    /**
     * The quality that it is encoded with.
     */
    quality?: number;
    /**
     * On average.
     */
    value: number;
};

/**
 * With `rc_mode: quality`: the least that the output is to come to, on average. If it comes to less, it is encoded once more.
 */
export type QualityTarget = {
    metric: Metric;
    min: number;
};

export type Queue = {
    /**
     * The 100 clients with the most pending tasks.
     */
    clients: Array<ClientLoad>;
    /**
     * For how long the longest running attempt has run.
     */
    longest_run_seconds?: number;
    /**
     * When the next of those that wait is due.
     */
    next_try_seconds?: number;
    /**
     * The age of the oldest pending task.
     */
    oldest_pending_seconds?: number;
    pending: number;
    running: number;
    /**
     * Whether this service takes tasks up: not while it is drained, or a disk is full.
     */
    taking: boolean;
    /**
     * Of the pending ones: those that wait for a later try.
     */
    waiting: number;
};

export type RateControl = 'cbr' | 'vbr' | '2passvbr' | 'quality';

export type ReachSides = {
    sources?: Array<string>;
    targets?: Array<string>;
};

export type Readiness = {
    checks: {
        [key: string]: Check;
    };
    ready: boolean;
};

export type RotateKeys = {
    /**
     * Whether the keys that it has stay valid beside the new ones, as its second pair; true where absent.
     */
    keep_old?: boolean;
};

export type Source = {
    source_url: string;
};

export type SourcePart = {
    clip?: Clip;
    source_url: string;
};

export type StepName = 'subtitles' | 'first pass' | 'encode' | 'copy' | 'join' | 'live';

export type StreamAction = 'copy' | 'encode' | 'none';

export type StreamKind = 'video' | 'audio' | 'subtitle' | 'data' | 'attachment';

export type StreamUse = {
    action: StreamAction;
    /**
     * The places of these targets in the request.
     */
    targets: Array<number>;
    /**
     * A part of an English sentence.
     */
    why: string;
};

export type Subtitles = {
    /**
     * How its characters are written (`windows-1251`, `shift_jis` …). Where absent, what is no Unicode is taken as was usual in its language, with a warning.
     */
    charset?: string;
    /**
     * Players show it by themselves. It is so of one at most.
     */
    default?: boolean;
    /**
     * It has only what is shown to everyone, as of another language.
     */
    forced?: boolean;
    /**
     * ISO 639 or BCP 47.
     */
    language: string;
    source_url: string;
    /**
     * What players call it in their menus.
     */
    title?: string;
};

export type Target = {
    /**
     * Of a live target: what was handed to its connection in this attempt, in its container (RTSP: packets without their heads), told in steps of 32 KiB. Stands still while the target is away.
     */
    bytes_sent?: number;
    error?: TaskFailure;
    output?: Output;
    profile_name?: string;
    target_status: TargetStatus;
    target_url: string;
    /**
     * True while a set that grows (`publish`) can be played at `target_url`; absent before, and when it has ended.
     */
    watchable?: boolean;
};

export type TargetStatus = 'PENDING' | 'RUNNING' | 'RECONNECTING' | 'SUCCESS' | 'FAILED' | 'CANCELLED';

export type Task = {
    attempt?: number;
    attempts?: Array<Attempt>;
    cancel_requested?: boolean;
    clip?: Clip;
    create_time: string;
    end_time?: string;
    engine?: Engine;
    error?: TaskFailure & unknown;
    /**
     * Text of the caller's own, returned as given: at most 16 keys, 1024 bytes in all.
     */
    metadata?: {
        [key: string]: string;
    };
    notification?: Notification;
    /**
     * Higher goes first.
     */
    priority: number;
    profile_name: string;
    progress?: Progress;
    publish?: Publish;
    publish_failure?: PublishFailure;
    source: Source;
    /**
     * Of a task that joins several; the first is also in `source`.
     */
    sources?: Array<SourcePart>;
    start_time?: string;
    /**
     * Files of subtitles that are read beside the source.
     */
    subtitles?: Array<Subtitles>;
    targets: Array<Target>;
    task_id: string;
    task_status: TaskStatus;
    /**
     * The task fails with TimeOut when it runs longer.
     */
    timeout_seconds?: number;
    title?: string;
    /**
     * What was found in the source or chosen for the output that the caller may not expect. Absent where there is nothing to tell.
     */
    warnings?: Array<TaskWarning>;
};

export type TaskCreated = {
    task_id: string;
};

/**
 * What is told of a task: the `data` of one event.
 */
export type TaskEvent = {
    /**
     * Absent before the first run.
     */
    attempt?: number;
    error?: EventFailure;
    progress?: Progress;
    /**
     * Counts the events of a task without gaps. Progress is not counted, and has the number of the event before it.
     */
    sequence: number;
    target?: EventTarget;
    task_id: string;
    task_status: TaskStatus;
    time: string;
    type: TaskEventType;
};

/**
 * `created`; `started`: a run began; `progress`: how far it is, at most twice a second; `target`: one target has another status; `watchable`: the playlist of a set that grows is there (`publish`); `source_lost`, `source_back`: of a live task; `given_back`: the run is over and the task waits for its next one; `cancel_requested`; `retried` by its client; `ended`. Later versions may have more.
 */
export type TaskEventType = 'created' | 'started' | 'progress' | 'target' | 'watchable' | 'source_lost' | 'source_back' | 'given_back' | 'cancel_requested' | 'retried' | 'ended';

export type TaskFailure = {
    code: TaskFailureCode;
    /**
     * The cause, one plain English sentence.
     */
    detail: string;
    message: string;
};

export type TaskFailureCode = 'ParameterError' | 'InternalError' | 'InputNotSupported' | 'OutputNotSupported' | 'InvalidInputData' | 'TimeOut' | 'Unknown';

export type TaskKey = {
    key: number;
    /**
     * What players know it by with cenc and cbcs, 32 hex digits: no secret.
     */
    key_id: string;
    /**
     * The key, 32 hex digits.
     */
    value: string;
};

export type TaskLog = {
    /**
     * The newest 20 attempts, the oldest of them first.
     */
    attempts: Array<AttemptLog>;
};

export type TaskNotification = {
    /**
     * Why the last try failed.
     */
    error?: {
        detail: string;
    };
    last_try_time?: string;
    /**
     * The header `webhook-id`.
     */
    notification_id: string;
    /**
     * PENDING: it is tried (again); SUCCESS: the receiver answered 2xx; FAILED: given up after 24 h, or an answer of 410.
     */
    notification_status: 'PENDING' | 'SUCCESS' | 'FAILED';
    /**
     * What the receiver answered to the last try; absent if it did not.
     */
    response_status?: number;
    sequence: number;
    /**
     * When it happened.
     */
    time: string;
    tries: number;
    type: TaskEventType;
};

export type TaskNotificationPage = {
    /**
     * Absent on the last page.
     */
    next_cursor?: string;
    notifications: Array<TaskNotification>;
};

export type TaskPage = {
    /**
     * Absent on the last page.
     */
    next_cursor?: string;
    tasks: Array<Task>;
};

export type TaskPlan = {
    error?: TaskFailure & unknown;
    estimate?: PlanEstimate;
    /**
     * What is read beside the source; absent where nothing is.
     */
    inputs?: Array<PlannedInput>;
    outputs?: Array<PlannedOutput>;
    profile_name: string;
    source: PlannedSource;
    steps?: Array<PlannedStep>;
    /**
     * Those that the task would have from its start.
     */
    warnings?: Array<TaskWarning>;
};

export type TaskStatus = 'PENDING' | 'RUNNING' | 'SUCCESS' | 'FAILED' | 'CANCELLED';

export type TaskWarning = {
    /**
     * What kind it is: `target_name`, `hidden_media`, `source_duration`, `source_damage`, `stream_chosen`, `audio_track_missing`, `loudness_missed`, `captions_dropped`, `subtitles_missing`, `charset_guessed`, `source_kept`, `output_larger`, `quality_unmeasured`, `quality_missed`, `title_dropped`, `hardware_failed`, `source_awaited`, `source_sampled`; more may come.
     */
    code: string;
    /**
     * One plain English sentence.
     */
    message: string;
};

/**
 * The small pictures that sets come with.
 */
export type Thumbnails = {
    interval_seconds: number;
    width: number;
};

/**
 * Extension. Subtitles that are text and are taken over; none if it is absent.
 */
export type TrackChoice = 'all' | Array<string | number>;

export type Uploaded = {
    /**
     * It is in its place.
     */
    complete: boolean;
    /**
     * How much of it is there: where the next piece begins.
     */
    offset: number;
    /**
     * The address of the file in a task.
     */
    path: string;
    total: number;
};

export type VideoFormat = 'mpeg2' | 'h264' | 'h265' | 'copy' | 'av1' | 'vp9' | 'mjpeg' | 'gif' | 'webp' | 'awebp' | 'avif' | 'png' | 'none';

/**
 * A PNG, JPEG or WebP picture that is laid over the output's. Its address is judged, opened and answered as that of a source; it is read anew for each task.
 */
export type Watermark = {
    image_url: string;
    /**
     * To the edges of the picture: a share of its width. 0.02 where absent.
     */
    margin?: number;
    /**
     * 1 where absent.
     */
    opacity?: number;
    /**
     * "top_right" where absent.
     */
    place?: 'top_left' | 'top' | 'top_right' | 'left' | 'center' | 'right' | 'bottom_left' | 'bottom' | 'bottom_right';
    /**
     * A share of the picture's width; its height keeps its shape. 0.15 where absent.
     */
    width?: number;
};

/**
 * The main sound is drawn, of films and of sources without a picture. For jpg, webp, avif and png.
 */
export type Waveform = {
    /**
     * "#ffffff" where absent.
     */
    background?: string;
    /**
     * "mixed" where absent.
     */
    channels?: 'mixed' | 'separate';
    /**
     * "#3366cc" where absent.
     */
    color?: string;
    /**
     * 240 where absent.
     */
    height?: number;
    /**
     * 1280 where absent.
     */
    width?: number;
};

/**
 * What is not known of an instance is absent: of others on the same file of SQLite all but their tasks.
 */
export type Worker = {
    /**
     * Whether it takes no tasks up.
     */
    draining?: boolean;
    engine?: Engine;
    /**
     * Of its FFmpeg.
     */
    engine_version?: string;
    /**
     * The family of hardware encoders that it uses.
     */
    hardware?: string;
    /**
     * The name of its machine.
     */
    host?: string;
    /**
     * The instance that answers.
     */
    is_this: boolean;
    /**
     * When others take its tasks over, unless it lives.
     */
    lease_end_time?: string;
    /**
     * Of these: live tasks.
     */
    live: number;
    running: number;
    /**
     * When it last told of itself: every 5 s while it lives. Only of a fleet.
     */
    seen_time?: string;
    /**
     * The slices of long files that it makes, from 0 on: also of tasks that run elsewhere.
     */
    slices?: Array<{
        slice: number;
        task_id: string;
    }>;
    /**
     * How many tasks run there at once.
     */
    slots?: number;
    start_time?: string;
    /**
     * Of Pontus.
     */
    version?: string;
    worker_id: string;
    /**
     * Where it stands, as `PONTUS_ZONE` says there.
     */
    zone?: string;
};

export type Workers = {
    workers: Array<Worker>;
};

export type CreateProfileWritable = {
    /**
     * Empty where absent.
     */
    description?: string;
    profile_name: string;
    qlties: Array<QltyWritable>;
    thumbnails?: NewThumbnails;
};

/**
 * How the segments are encrypted: whole (`aes-128` of HLS, for m3u8 alone), or their samples by Common Encryption (`cenc` is AES-CTR, `cbcs` AES-CBC in a pattern, which HLS calls SAMPLE-AES) in dash, cmaf, and m3u8 of h265.
 */
export type NewEncryptionWritable = {
    /**
     * 32 hex digits: the key of all tasks. It is stored encrypted and never answered. Without it each task has keys of its own (`readTranscodingTaskKey`).
     */
    key?: string;
    /**
     * KEYFORMAT of the playlists, with cenc and cbcs: how players get the key at `key_url`. Where absent it is `identity`: the key lies there, 16 bytes.
     */
    key_format?: string;
    /**
     * 32 hex digits: what players know `key` by, with cenc and cbcs. Keys that are made have ids of their own.
     */
    key_id?: string;
    /**
     * Where players of HLS get a key: an address of your own, as playlists name it. `{task_id}` and `{key}`, the number of the key from 0, are filled in, and `{key_id}` with cenc and cbcs. For a dash group there is `license_url`.
     */
    key_url?: string;
    /**
     * With cenc and cbcs in dash and cmaf: the server that answers players of DASH that ask for keys by ClearKey, as the manifest names it, filled in like `key_url`. Where absent the manifest names none.
     */
    license_url?: string;
    method?: EncryptionMethod;
    /**
     * How many segments have one key, with aes-128; all of them where absent.
     */
    rotate_segments?: number;
};

/**
 * One output rendition. Numbers are also taken as text, and always answered as numbers.
 */
export type QltyWritable = {
    /**
     * bits/s; required unless copied.
     */
    audio_bitrate?: number;
    audio_format?: AudioFormat;
    audio_mix?: AudioMix;
    /**
     * Hz.
     */
    audio_samplerate?: 8000 | 11025 | 12000 | 16000 | 22050 | 24000 | 32000 | 44100 | 48000 | 64000 | 88200 | 96000;
    audio_tracks?: AudioTracks;
    b_frame_size?: number;
    /**
     * bits/s; required unless copied, or with `rc_mode: quality`.
     */
    bitrate?: number;
    /**
     * Extension. The subtitles that are drawn into the picture: a language, or a place among the source's tracks and the files of `subtitles` behind them, counted from 0.
     */
    burn_in?: string | number;
    /**
     * Extension. The languages of captions by their channel (`CC1` to `CC4`, `SERVICE1` to `SERVICE63`), which captions themselves do not say.
     */
    caption_languages?: {
        [key: string]: string;
    };
    channels?: 1 | 2 | 6;
    closed_captions?: ClosedCaptions;
    contact_sheet?: ContactSheet;
    container: Container;
    crop?: Crop;
    deinterlace?: Deinterlace;
    denoise?: Denoise;
    dynamic_range?: DynamicRange;
    dynamic_range_fallback?: DynamicRangeFallback;
    encoder_options?: EncoderOptions;
    encryption?: NewEncryptionWritable;
    /**
     * False leaves the index of an mp4, mov or m4a at its end. Otherwise it is at the beginning, so that players can begin at once.
     */
    faststart?: boolean;
    format?: VideoFormat;
    /**
     * Also as a number, or with a denominator of 1.
     */
    framerate?: '12' | '15' | '24' | '25' | '30' | '60' | '24000/1001' | '30000/1001';
    /**
     * Frames.
     */
    gop_size?: 12 | 15 | 20 | 24 | 25 | 30 | 48 | 50 | 60 | 100 | 120;
    /**
     * Pixels; alone it keeps the aspect ratio.
     */
    height?: number;
    /**
     * Takes over the source's chapters.
     */
    keep_chapters?: boolean;
    /**
     * Takes over where the source was made. It is left out otherwise.
     */
    keep_location?: boolean;
    /**
     * Takes over the source's title, artist, album, album artist, composer, genre, date, track, comment, description and copyright.
     */
    keep_tags?: boolean;
    /**
     * How often a gif or an awebp is shown; 0, the default, is for ever.
     */
    loop?: number;
    /**
     * Extension. LUFS: the sound is measured (EBU R 128) and brought to this loudness; true peaks stay below -1 dBTP.
     */
    loudness?: number;
    /**
     * For live streams: frames leave the encoder as they come. h264 and h265 alone.
     */
    low_latency?: boolean;
    /**
     * Whether the output is measured against the source: see `output.quality`.
     */
    measure_quality?: boolean;
    /**
     * What fills the rest of width and height: a colour, black by default, or `off` for nothing at all: the picture is then as large as fits.
     */
    pad?: string;
    preset?: Preset;
    /**
     * With `rc_mode: quality`: how good, of every codec alike. 70 is fine for most; `bitrate` is then the ceiling, and may be left out.
     */
    quality?: number;
    quality_target?: QualityTarget;
    rc_mode?: RateControl;
    /**
     * Of files: if the output is larger than the source, the source's picture is copied in its place.
     */
    skip_if_larger?: boolean;
    subtitle_tracks?: TrackChoice;
    use_progressive?: boolean;
    watermark?: Watermark;
    waveform?: Waveform;
    /**
     * Pixels; alone it keeps the aspect ratio.
     */
    width?: number;
};

/**
 * Messages are in English, or in Chinese where `zh` is preferred.
 */
export type AcceptLanguage = string;

export type ClientCode = string;

export type ClientCodeQuery = string;

/**
 * Of the task's error; several are joined by commas.
 */
export type CodeQuery = Array<TaskFailureCode>;

export type ContentDigest = string;

export type ContentRange = string;

/**
 * Exclusive.
 */
export type CreatedAfterQuery = string;

/**
 * Exclusive.
 */
export type CreatedBeforeQuery = string;

/**
 * `next_cursor` of the page before.
 */
export type CursorQuery = string;

/**
 * The same key and body within 24 h answer with the first task. Each call needs a fresh nonce all the same.
 */
export type IdempotencyKey = string;

export type Key = number;

/**
 * The id of the last event that came: the events behind it are told. Without it the events of one task are told from its creation on, those of all tasks from now on.
 */
export type LastEventId = string;

/**
 * 20 where absent.
 */
export type LimitQuery = number;

/**
 * What the metadata of the task hold: `metadata.order=A-17`, or `metadata[order]=A-17`.
 */
export type MetadataQuery = {
    [key: string]: string;
};

export type NotificationId = string;

/**
 * The address of the file as a task names it: relative to the first media root, or absolute and percent-encoded. Slashes may stay.
 */
export type Path = string;

export type ProfileName = string;

export type ProfileNameQuery = string;

export type Range = string;

/**
 * Several are joined by commas.
 */
export type StatusQuery = Array<TaskStatus>;

export type TaskId = string;

/**
 * Answers as soon as the task changes, at the latest after so many seconds; at once if it has ended. Progress alone is no change.
 */
export type WaitQuery = number;

/**
 * The instance that is meant, of those of `…/admin/workers`; the one that answers where absent.
 */
export type WorkerIdQuery = string;

export type ListClientsData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: {
        /**
         * 20 where absent.
         */
        limit?: number;
        /**
         * `next_cursor` of the page before.
         */
        cursor?: string;
    };
    url: '/api/v1/admin/clients';
};

export type ListClientsErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ListClientsError = ListClientsErrors[keyof ListClientsErrors];

export type ListClientsResponses = {
    /**
     * A page of clients.
     */
    200: ClientPage;
};

export type ListClientsResponse = ListClientsResponses[keyof ListClientsResponses];

export type AddClientData = {
    body: AddClient;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/admin/clients';
};

export type AddClientErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * ClientExists: The client's code or public key is taken.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type AddClientError = AddClientErrors[keyof AddClientErrors];

export type AddClientResponses = {
    /**
     * The client, with its private key.
     */
    200: ClientWithKeys;
};

export type AddClientResponse = AddClientResponses[keyof AddClientResponses];

export type ChangeClientData = {
    body: ChangeClient;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        client_code: string;
    };
    query?: never;
    url: '/api/v1/admin/clients/{client_code}';
};

export type ChangeClientErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchClient: There is no such client.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ChangeClientError = ChangeClientErrors[keyof ChangeClientErrors];

export type ChangeClientResponses = {
    /**
     * The client as it is now.
     */
    200: ClientRecord;
};

export type ChangeClientResponse = ChangeClientResponses[keyof ChangeClientResponses];

export type RotateKeysData = {
    body: RotateKeys;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        client_code: string;
    };
    query?: never;
    url: '/api/v1/admin/clients/{client_code}/rotate';
};

export type RotateKeysErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchClient: There is no such client.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type RotateKeysError = RotateKeysErrors[keyof RotateKeysErrors];

export type RotateKeysResponses = {
    /**
     * The client, with its new private key.
     */
    200: ClientWithKeys;
};

export type RotateKeysResponse = RotateKeysResponses[keyof RotateKeysResponses];

export type EndDrainData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: {
        /**
         * The instance that is meant, of those of `…/admin/workers`; the one that answers where absent.
         */
        worker_id?: string;
    };
    url: '/api/v1/admin/drain';
};

export type EndDrainErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchResource: There is nothing at this path.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type EndDrainError = EndDrainErrors[keyof EndDrainErrors];

export type EndDrainResponses = {
    /**
     * It is over.
     */
    200: Drain;
};

export type EndDrainResponse = EndDrainResponses[keyof EndDrainResponses];

export type ReadDrainData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: {
        /**
         * The instance that is meant, of those of `…/admin/workers`; the one that answers where absent.
         */
        worker_id?: string;
    };
    url: '/api/v1/admin/drain';
};

export type ReadDrainErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchResource: There is nothing at this path.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadDrainError = ReadDrainErrors[keyof ReadDrainErrors];

export type ReadDrainResponses = {
    /**
     * How far it is.
     */
    200: Drain;
};

export type ReadDrainResponse = ReadDrainResponses[keyof ReadDrainResponses];

export type BeginDrainData = {
    body: BeginDrain;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/admin/drain';
};

export type BeginDrainErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchResource: There is nothing at this path.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type BeginDrainError = BeginDrainErrors[keyof BeginDrainErrors];

export type BeginDrainResponses = {
    /**
     * How far it is.
     */
    200: Drain;
};

export type BeginDrainResponse = BeginDrainResponses[keyof BeginDrainResponses];

export type ReadLimitsData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/admin/limits';
};

export type ReadLimitsErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadLimitsError = ReadLimitsErrors[keyof ReadLimitsErrors];

export type ReadLimitsResponses = {
    /**
     * The limits.
     */
    200: Limits;
};

export type ReadLimitsResponse = ReadLimitsResponses[keyof ReadLimitsResponses];

export type ReadQueueData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/admin/queue';
};

export type ReadQueueErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadQueueError = ReadQueueErrors[keyof ReadQueueErrors];

export type ReadQueueResponses = {
    /**
     * How the queue stands.
     */
    200: Queue;
};

export type ReadQueueResponse = ReadQueueResponses[keyof ReadQueueResponses];

export type ListAllTasksData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: {
        profile_name?: string;
        /**
         * 20 where absent.
         */
        limit?: number;
        /**
         * `next_cursor` of the page before.
         */
        cursor?: string;
        /**
         * Several are joined by commas.
         */
        status?: Array<TaskStatus>;
        /**
         * Of the task's error; several are joined by commas.
         */
        code?: Array<TaskFailureCode>;
        client_code?: string;
        /**
         * Exclusive.
         */
        created_before?: string;
        /**
         * Exclusive.
         */
        created_after?: string;
        /**
         * What the metadata of the task hold: `metadata.order=A-17`, or `metadata[order]=A-17`.
         */
        metadata?: {
            [key: string]: string;
        };
    };
    url: '/api/v1/admin/tasks';
};

export type ListAllTasksErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ListAllTasksError = ListAllTasksErrors[keyof ListAllTasksErrors];

export type ListAllTasksResponses = {
    /**
     * A page of tasks.
     */
    200: AdminTaskPage;
};

export type ListAllTasksResponse = ListAllTasksResponses[keyof ListAllTasksResponses];

export type ReadAnyTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/admin/tasks/{task_id}';
};

export type ReadAnyTaskErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadAnyTaskError = ReadAnyTaskErrors[keyof ReadAnyTaskErrors];

export type ReadAnyTaskResponses = {
    /**
     * The task.
     */
    200: AdminTask;
};

export type ReadAnyTaskResponse = ReadAnyTaskResponses[keyof ReadAnyTaskResponses];

export type CancelAnyTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/admin/tasks/{task_id}/cancel';
};

export type CancelAnyTaskErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * TaskConflict: The state of the task, or another task, forbids this.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type CancelAnyTaskError = CancelAnyTaskErrors[keyof CancelAnyTaskErrors];

export type CancelAnyTaskResponses = {
    /**
     * The task was pending and is cancelled.
     */
    200: AdminTask;
    /**
     * The task runs and will be cancelled within seconds.
     */
    202: AdminTask;
};

export type CancelAnyTaskResponse = CancelAnyTaskResponses[keyof CancelAnyTaskResponses];

export type RetryAnyTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/admin/tasks/{task_id}/retry';
};

export type RetryAnyTaskErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * TaskConflict: The state of the task, or another task, forbids this.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type RetryAnyTaskError = RetryAnyTaskErrors[keyof RetryAnyTaskErrors];

export type RetryAnyTaskResponses = {
    /**
     * The task is pending again.
     */
    200: AdminTask;
};

export type RetryAnyTaskResponse = RetryAnyTaskResponses[keyof RetryAnyTaskResponses];

export type ListWorkersData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/admin/workers';
};

export type ListWorkersErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ListWorkersError = ListWorkersErrors[keyof ListWorkersErrors];

export type ListWorkersResponses = {
    /**
     * The instances.
     */
    200: Workers;
};

export type ListWorkersResponse = ListWorkersResponses[keyof ListWorkersResponses];

export type ReadMediaPlacesData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/media';
};

export type ReadMediaPlacesErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadMediaPlacesError = ReadMediaPlacesErrors[keyof ReadMediaPlacesErrors];

export type ReadMediaPlacesResponses = {
    /**
     * The places.
     */
    200: MediaPlaces;
};

export type ReadMediaPlacesResponse = ReadMediaPlacesResponses[keyof ReadMediaPlacesResponses];

export type ReadMediaData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
        Range?: string;
    };
    path: {
        /**
         * The address of the file as a task names it: relative to the first media root, or absolute and percent-encoded. Slashes may stay.
         */
        path: string;
    };
    query?: never;
    url: '/api/v1/media/{path}';
};

export type ReadMediaErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. InputNotSupported: The input format is not supported.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchMedia: There is no such file.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * InvalidRange: The file has no such range.
     */
    416: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadMediaError = ReadMediaErrors[keyof ReadMediaErrors];

export type ReadMediaResponses = {
    /**
     * The file.
     */
    200: Blob | File;
    /**
     * The part that was asked for.
     */
    206: Blob | File;
};

export type ReadMediaResponse = ReadMediaResponses[keyof ReadMediaResponses];

export type HeadMediaData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        /**
         * The address of the file as a task names it: relative to the first media root, or absolute and percent-encoded. Slashes may stay.
         */
        path: string;
    };
    query?: never;
    url: '/api/v1/media/{path}';
};

export type HeadMediaErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. InputNotSupported: The input format is not supported.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchMedia: There is no such file.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type HeadMediaError = HeadMediaErrors[keyof HeadMediaErrors];

export type HeadMediaResponses = {
    /**
     * There is a file, or an upload of one.
     */
    200: unknown;
};

export type UploadMediaData = {
    body: Blob | File;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
        'Content-Range'?: string;
        'Content-Digest'?: string;
    };
    path: {
        /**
         * The address of the file as a task names it: relative to the first media root, or absolute and percent-encoded. Slashes may stay.
         */
        path: string;
    };
    query?: never;
    url: '/api/v1/media/{path}';
};

export type UploadMediaErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. OutputNotSupported: The output format is not supported.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * UploadConflict: The upload of this file stands elsewhere.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
    /**
     * InsufficientStorage: The disk is full.
     */
    507: Problem;
};

export type UploadMediaError = UploadMediaErrors[keyof UploadMediaErrors];

export type UploadMediaResponses = {
    /**
     * The file is whole, and in its place.
     */
    200: Uploaded;
    /**
     * The piece is there, and more is to come.
     */
    202: Uploaded;
};

export type UploadMediaResponse = UploadMediaResponses[keyof UploadMediaResponses];

export type CreateProfileData = {
    body: CreateProfileWritable;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/profile';
};

export type CreateProfileErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * ProfileExists: The profile's name is taken.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type CreateProfileError = CreateProfileErrors[keyof CreateProfileErrors];

export type CreateProfileResponses = {
    /**
     * The profile, with all its defaults.
     */
    200: Profile;
};

export type CreateProfileResponse = CreateProfileResponses[keyof CreateProfileResponses];

export type DeleteProfileData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        profile_name: string;
    };
    query?: never;
    url: '/api/v1/profile/{profile_name}';
};

export type DeleteProfileErrors = {
    /**
     * ProfileNotEmpty: The profile is used by tasks that are pending or running.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchProfile: There is no such profile.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type DeleteProfileError = DeleteProfileErrors[keyof DeleteProfileErrors];

export type DeleteProfileResponses = {
    /**
     * The profile is gone.
     */
    200: ProfileDeleted;
};

export type DeleteProfileResponse = DeleteProfileResponses[keyof DeleteProfileResponses];

export type ReadProfileData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        profile_name: string;
    };
    query?: never;
    url: '/api/v1/profile/{profile_name}';
};

export type ReadProfileErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchProfile: There is no such profile.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadProfileError = ReadProfileErrors[keyof ReadProfileErrors];

export type ReadProfileResponses = {
    /**
     * The profile.
     */
    200: Profile;
};

export type ReadProfileResponse = ReadProfileResponses[keyof ReadProfileResponses];

export type ListProfilesData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/profiles';
};

export type ListProfilesErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ListProfilesError = ListProfilesErrors[keyof ListProfilesErrors];

export type ListProfilesResponses = {
    /**
     * The profiles.
     */
    200: ProfileList;
};

export type ListProfilesResponse = ListProfilesResponses[keyof ListProfilesResponses];

export type ListTranscodingTasksData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: {
        status?: TaskStatus;
        profile_name?: string;
        /**
         * Exclusive.
         */
        created_after?: string;
        /**
         * 20 where absent.
         */
        limit?: number;
        /**
         * `next_cursor` of the page before.
         */
        cursor?: string;
    };
    url: '/api/v1/task/transcoding';
};

export type ListTranscodingTasksErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ListTranscodingTasksError = ListTranscodingTasksErrors[keyof ListTranscodingTasksErrors];

export type ListTranscodingTasksResponses = {
    /**
     * A page of tasks.
     */
    200: TaskPage;
};

export type ListTranscodingTasksResponse = ListTranscodingTasksResponses[keyof ListTranscodingTasksResponses];

export type CreateTranscodingTaskData = {
    body: CreateTask;
    headers?: {
        /**
         * The same key and body within 24 h answer with the first task. Each call needs a fresh nonce all the same.
         */
        'Idempotency-Key'?: string;
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/task/transcoding';
};

export type CreateTranscodingTaskErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON. InputNotSupported: The input format is not supported. OutputNotSupported: The output format is not supported.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchProfile: There is no such profile.
     */
    404: Problem;
    /**
     * TaskConflict: The state of the task, or another task, forbids this. IdempotencyConflict: The Idempotency-Key was used with another body.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type CreateTranscodingTaskError = CreateTranscodingTaskErrors[keyof CreateTranscodingTaskErrors];

export type CreateTranscodingTaskResponses = {
    /**
     * The task was created.
     */
    200: TaskCreated;
};

export type CreateTranscodingTaskResponse = CreateTranscodingTaskResponses[keyof CreateTranscodingTaskResponses];

export type ReadTranscodingEventsData = {
    body?: never;
    headers?: {
        /**
         * The id of the last event that came: the events behind it are told. Without it the events of one task are told from its creation on, those of all tasks from now on.
         */
        'Last-Event-ID'?: string;
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/task/transcoding/events';
};

export type ReadTranscodingEventsErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadTranscodingEventsError = ReadTranscodingEventsErrors[keyof ReadTranscodingEventsErrors];

export type ReadTranscodingEventsResponses = {
    /**
     * The stream; the schema is that of the `data` of each event.
     */
    200: TaskEvent;
};

export type ReadTranscodingEventsResponse = ReadTranscodingEventsResponses[keyof ReadTranscodingEventsResponses];

export type PlanTranscodingTaskData = {
    body: CreateTask;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path?: never;
    query?: never;
    url: '/api/v1/task/transcoding/plan';
};

export type PlanTranscodingTaskErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check. MalformedJSON: The body is not JSON. InputNotSupported: The input format is not supported. OutputNotSupported: The output format is not supported.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchProfile: There is no such profile.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * UnsupportedMediaType: The body must be JSON in UTF-8.
     */
    415: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type PlanTranscodingTaskError = PlanTranscodingTaskErrors[keyof PlanTranscodingTaskErrors];

export type PlanTranscodingTaskResponses = {
    /**
     * What would become of the task.
     */
    200: TaskPlan;
};

export type PlanTranscodingTaskResponse = PlanTranscodingTaskResponses[keyof PlanTranscodingTaskResponses];

export type DeleteTranscodingTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}';
};

export type DeleteTranscodingTaskErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * TaskConflict: The state of the task, or another task, forbids this.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type DeleteTranscodingTaskError = DeleteTranscodingTaskErrors[keyof DeleteTranscodingTaskErrors];

export type DeleteTranscodingTaskResponses = {
    /**
     * The task is gone.
     */
    204: void;
};

export type DeleteTranscodingTaskResponse = DeleteTranscodingTaskResponses[keyof DeleteTranscodingTaskResponses];

export type ReadTranscodingTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: {
        /**
         * Answers as soon as the task changes, at the latest after so many seconds; at once if it has ended. Progress alone is no change.
         */
        wait?: number;
    };
    url: '/api/v1/task/transcoding/{task_id}';
};

export type ReadTranscodingTaskErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadTranscodingTaskError = ReadTranscodingTaskErrors[keyof ReadTranscodingTaskErrors];

export type ReadTranscodingTaskResponses = {
    /**
     * The task.
     */
    200: Task;
};

export type ReadTranscodingTaskResponse = ReadTranscodingTaskResponses[keyof ReadTranscodingTaskResponses];

export type CancelTranscodingTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}/cancel';
};

export type CancelTranscodingTaskErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * TaskConflict: The state of the task, or another task, forbids this.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type CancelTranscodingTaskError = CancelTranscodingTaskErrors[keyof CancelTranscodingTaskErrors];

export type CancelTranscodingTaskResponses = {
    /**
     * The task was pending and is cancelled.
     */
    200: Task;
    /**
     * The task runs and will be cancelled within seconds.
     */
    202: Task;
};

export type CancelTranscodingTaskResponse = CancelTranscodingTaskResponses[keyof CancelTranscodingTaskResponses];

export type ReadTranscodingTaskEventsData = {
    body?: never;
    headers?: {
        /**
         * The id of the last event that came: the events behind it are told. Without it the events of one task are told from its creation on, those of all tasks from now on.
         */
        'Last-Event-ID'?: string;
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}/events';
};

export type ReadTranscodingTaskEventsErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadTranscodingTaskEventsError = ReadTranscodingTaskEventsErrors[keyof ReadTranscodingTaskEventsErrors];

export type ReadTranscodingTaskEventsResponses = {
    /**
     * The stream; the schema is that of the `data` of each event.
     */
    200: TaskEvent;
    /**
     * The task has ended, and there is nothing behind `Last-Event-ID`.
     */
    204: void;
};

export type ReadTranscodingTaskEventsResponse = ReadTranscodingTaskEventsResponses[keyof ReadTranscodingTaskEventsResponses];

export type ReadTranscodingTaskKeyData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
        key: number;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}/keys/{key}';
};

export type ReadTranscodingTaskKeyErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadTranscodingTaskKeyError = ReadTranscodingTaskKeyErrors[keyof ReadTranscodingTaskKeyErrors];

export type ReadTranscodingTaskKeyResponses = {
    /**
     * The key.
     */
    200: TaskKey;
};

export type ReadTranscodingTaskKeyResponse = ReadTranscodingTaskKeyResponses[keyof ReadTranscodingTaskKeyResponses];

export type ReadTranscodingTaskLogData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}/log';
};

export type ReadTranscodingTaskLogErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReadTranscodingTaskLogError = ReadTranscodingTaskLogErrors[keyof ReadTranscodingTaskLogErrors];

export type ReadTranscodingTaskLogResponses = {
    /**
     * The logs of its runs.
     */
    200: TaskLog;
};

export type ReadTranscodingTaskLogResponse = ReadTranscodingTaskLogResponses[keyof ReadTranscodingTaskLogResponses];

export type ListTranscodingTaskNotificationsData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: {
        /**
         * 20 where absent.
         */
        limit?: number;
        /**
         * `next_cursor` of the page before.
         */
        cursor?: string;
    };
    url: '/api/v1/task/transcoding/{task_id}/notifications';
};

export type ListTranscodingTaskNotificationsErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ListTranscodingTaskNotificationsError = ListTranscodingTaskNotificationsErrors[keyof ListTranscodingTaskNotificationsErrors];

export type ListTranscodingTaskNotificationsResponses = {
    /**
     * A page of notifications.
     */
    200: TaskNotificationPage;
};

export type ListTranscodingTaskNotificationsResponse = ListTranscodingTaskNotificationsResponses[keyof ListTranscodingTaskNotificationsResponses];

export type ReplayTranscodingTaskNotificationData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
        notification_id: string;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}/notifications/{notification_id}/replay';
};

export type ReplayTranscodingTaskNotificationErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task. NoSuchResource: There is nothing at this path.
     */
    404: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type ReplayTranscodingTaskNotificationError = ReplayTranscodingTaskNotificationErrors[keyof ReplayTranscodingTaskNotificationErrors];

export type ReplayTranscodingTaskNotificationResponses = {
    /**
     * It will be sent at once.
     */
    200: TaskNotification;
};

export type ReplayTranscodingTaskNotificationResponse = ReplayTranscodingTaskNotificationResponses[keyof ReplayTranscodingTaskNotificationResponses];

export type RetryTranscodingTaskData = {
    body?: never;
    headers?: {
        /**
         * Messages are in English, or in Chinese where `zh` is preferred.
         */
        'Accept-Language'?: string;
    };
    path: {
        task_id: string;
    };
    query?: never;
    url: '/api/v1/task/transcoding/{task_id}/retry';
};

export type RetryTranscodingTaskErrors = {
    /**
     * AuthenticationFailed: A header is missing or wrong, or key, code or checksum do not match. RequestExpired: The request's apiExecTime is too far from the time here. RequestReplayed: The request's apiNonce was used before.
     */
    401: Problem;
    /**
     * AccessDenied: The client may not do this.
     */
    403: Problem;
    /**
     * InvalidVersion: There is no such version of the API: it is 0 or 1. NoSuchTask: There is no such task.
     */
    404: Problem;
    /**
     * TaskConflict: The state of the task, or another task, forbids this.
     */
    409: Problem;
    /**
     * RequestTooLarge: The body is too large.
     */
    413: Problem;
    /**
     * TooManyRequests: There are too many requests.
     */
    429: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * ServiceUnavailable: The service is not available now.
     */
    503: Problem;
};

export type RetryTranscodingTaskError = RetryTranscodingTaskErrors[keyof RetryTranscodingTaskErrors];

export type RetryTranscodingTaskResponses = {
    /**
     * The task is pending again.
     */
    200: Task;
};

export type RetryTranscodingTaskResponse = RetryTranscodingTaskResponses[keyof RetryTranscodingTaskResponses];

export type ReadHealthData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/healthz';
};

export type ReadHealthErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
};

export type ReadHealthError = ReadHealthErrors[keyof ReadHealthErrors];

export type ReadHealthResponses = {
    /**
     * It answers.
     */
    200: Health;
};

export type ReadHealthResponse = ReadHealthResponses[keyof ReadHealthResponses];

export type ReadMetricsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/metrics';
};

export type ReadMetricsErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
};

export type ReadMetricsError = ReadMetricsErrors[keyof ReadMetricsErrors];

export type ReadMetricsResponses = {
    /**
     * The text format of Prometheus, version 0.0.4.
     */
    200: string;
};

export type ReadMetricsResponse = ReadMetricsResponses[keyof ReadMetricsResponses];

export type ReadReadinessData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/readyz';
};

export type ReadReadinessErrors = {
    /**
     * InvalidParameterException: There are field(s) invalid in the request message body, please check.
     */
    400: Problem;
    /**
     * InternalError: Internal error happened.
     */
    500: Problem;
    /**
     * It cannot, now.
     */
    503: Readiness;
};

export type ReadReadinessError = ReadReadinessErrors[keyof ReadReadinessErrors];

export type ReadReadinessResponses = {
    /**
     * It can.
     */
    200: Readiness;
};

export type ReadReadinessResponse = ReadReadinessResponses[keyof ReadReadinessResponses];
