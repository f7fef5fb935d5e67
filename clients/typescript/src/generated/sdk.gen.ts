// Generated from openapi.yaml by `bun run client`.

import { client } from './client.gen.ts';
import type { Client, ClientMeta, Options as Options2, RequestResult, ServerSentEventsResult, TDataShape } from './client/index.ts';
import type { AddClientData, AddClientErrors, AddClientResponses, BeginDrainData, BeginDrainErrors, BeginDrainResponses, CancelAnyTaskData, CancelAnyTaskErrors, CancelAnyTaskResponses, CancelTranscodingTaskData, CancelTranscodingTaskErrors, CancelTranscodingTaskResponses, ChangeClientData, ChangeClientErrors, ChangeClientResponses, CreateProfileData, CreateProfileErrors, CreateProfileResponses, CreateTranscodingTaskData, CreateTranscodingTaskErrors, CreateTranscodingTaskResponses, DeleteProfileData, DeleteProfileErrors, DeleteProfileResponses, DeleteTranscodingTaskData, DeleteTranscodingTaskErrors, DeleteTranscodingTaskResponses, EndDrainData, EndDrainErrors, EndDrainResponses, HeadMediaData, HeadMediaErrors, HeadMediaResponses, ListAllTasksData, ListAllTasksErrors, ListAllTasksResponses, ListClientsData, ListClientsErrors, ListClientsResponses, ListProfilesData, ListProfilesErrors, ListProfilesResponses, ListTranscodingTaskNotificationsData, ListTranscodingTaskNotificationsErrors, ListTranscodingTaskNotificationsResponses, ListTranscodingTasksData, ListTranscodingTasksErrors, ListTranscodingTasksResponses, ListWorkersData, ListWorkersErrors, ListWorkersResponses, PlanTranscodingTaskData, PlanTranscodingTaskErrors, PlanTranscodingTaskResponses, ReadAnyTaskData, ReadAnyTaskErrors, ReadAnyTaskResponses, ReadDrainData, ReadDrainErrors, ReadDrainResponses, ReadHealthData, ReadHealthErrors, ReadHealthResponses, ReadLimitsData, ReadLimitsErrors, ReadLimitsResponses, ReadMediaData, ReadMediaErrors, ReadMediaPlacesData, ReadMediaPlacesErrors, ReadMediaPlacesResponses, ReadMediaResponses, ReadMetricsData, ReadMetricsErrors, ReadMetricsResponses, ReadProfileData, ReadProfileErrors, ReadProfileResponses, ReadQueueData, ReadQueueErrors, ReadQueueResponses, ReadReadinessData, ReadReadinessErrors, ReadReadinessResponses, ReadTranscodingEventsData, ReadTranscodingEventsErrors, ReadTranscodingEventsResponse, ReadTranscodingEventsResponses, ReadTranscodingTaskData, ReadTranscodingTaskErrors, ReadTranscodingTaskEventsData, ReadTranscodingTaskEventsErrors, ReadTranscodingTaskEventsResponse, ReadTranscodingTaskEventsResponses, ReadTranscodingTaskKeyData, ReadTranscodingTaskKeyErrors, ReadTranscodingTaskKeyResponses, ReadTranscodingTaskLogData, ReadTranscodingTaskLogErrors, ReadTranscodingTaskLogResponses, ReadTranscodingTaskResponses, ReplayTranscodingTaskNotificationData, ReplayTranscodingTaskNotificationErrors, ReplayTranscodingTaskNotificationResponses, RetryAnyTaskData, RetryAnyTaskErrors, RetryAnyTaskResponses, RetryTranscodingTaskData, RetryTranscodingTaskErrors, RetryTranscodingTaskResponses, RotateKeysData, RotateKeysErrors, RotateKeysResponses, UploadMediaData, UploadMediaErrors, UploadMediaResponses } from './types.gen.ts';

export type Options<TData extends TDataShape = TDataShape, ThrowOnError extends boolean = boolean, TResponse = unknown> = Options2<TData, ThrowOnError, TResponse> & {
    /**
     * You can provide a client instance returned by `createClient()` instead of
     * individual options. This might be also useful if you want to implement a
     * custom client.
     */
    client?: Client;
    /**
     * You can pass arbitrary values through the `meta` object. This can be
     * used to access values that aren't defined as part of the SDK function.
     */
    meta?: keyof ClientMeta extends never ? Record<string, unknown> : ClientMeta;
};

class HeyApiClient {
    protected client: Client;
    
    constructor(args?: {
        client?: Client;
    }) {
        this.client = args?.client ?? client;
    }
}

class HeyApiRegistry<T> {
    private readonly defaultKey = 'default';
    
    private readonly instances: Map<string, T> = new Map();
    
    get(key?: string): T {
        const instance = this.instances.get(key ?? this.defaultKey);
        if (!instance) {
            throw new Error(`No SDK client found. Create one with "new PontusApi()" to fix this error.`);
        }
        return instance;
    }
    
    set(value: T, key?: string): void {
        this.instances.set(key ?? this.defaultKey, value);
    }
}

export class PontusApi extends HeyApiClient {
    public static readonly __registry: HeyApiRegistry<PontusApi> = new HeyApiRegistry<PontusApi>();
    
    constructor(args?: {
        client?: Client;
        key?: string;
    }) {
        super(args);
        PontusApi.__registry.set(this, args?.key);
    }
    
    /**
     * List clients
     *
     * By their codes, in pages. Nobody is told a private key.
     */
    public listClients<ThrowOnError extends boolean = false>(options?: Options<ListClientsData, ThrowOnError>): RequestResult<ListClientsResponses, ListClientsErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ListClientsResponses, ListClientsErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/clients',
            ...options
        });
    }
    
    /**
     * Add a client
     *
     * Makes its keys, and tells them this once. It can sign calls when this answers.
     */
    public addClient<ThrowOnError extends boolean = false>(options: Options<AddClientData, ThrowOnError>): RequestResult<AddClientResponses, AddClientErrors, ThrowOnError> {
        return (options.client ?? this.client).post<AddClientResponses, AddClientErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/clients',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * Change a client
     *
     * Disables it, or sets its weight and limits. What is absent stays as it is. Holds within a second, and stays across restarts.
     */
    public changeClient<ThrowOnError extends boolean = false>(options: Options<ChangeClientData, ThrowOnError>): RequestResult<ChangeClientResponses, ChangeClientErrors, ThrowOnError> {
        return (options.client ?? this.client).patch<ChangeClientResponses, ChangeClientErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/clients/{client_code}',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * Rotate the keys of a client
     *
     * Makes a new pair of keys, and tells it this once.
     */
    public rotateKeys<ThrowOnError extends boolean = false>(options: Options<RotateKeysData, ThrowOnError>): RequestResult<RotateKeysResponses, RotateKeysErrors, ThrowOnError> {
        return (options.client ?? this.client).post<RotateKeysResponses, RotateKeysErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/clients/{client_code}/rotate',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * End the drain of an instance
     *
     * The instance that answers, or another one of its fleet, takes tasks up again.
     */
    public endDrain<ThrowOnError extends boolean = false>(options?: Options<EndDrainData, ThrowOnError>): RequestResult<EndDrainResponses, EndDrainErrors, ThrowOnError> {
        return (options?.client ?? this.client).delete<EndDrainResponses, EndDrainErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/drain',
            ...options
        });
    }
    
    /**
     * Read how far the drain of an instance is
     *
     * Of the instance that answers, or of another one of its fleet.
     */
    public readDrain<ThrowOnError extends boolean = false>(options?: Options<ReadDrainData, ThrowOnError>): RequestResult<ReadDrainResponses, ReadDrainErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadDrainResponses, ReadDrainErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/drain',
            ...options
        });
    }
    
    /**
     * Drain an instance
     *
     * The instance that answers, or another one of its fleet, takes no new tasks up, and finishes those that run, or hands them back after a while. It goes on answering calls, creates too. A restart ends the drain. Another one hears of it within seconds.
     */
    public beginDrain<ThrowOnError extends boolean = false>(options: Options<BeginDrainData, ThrowOnError>): RequestResult<BeginDrainResponses, BeginDrainErrors, ThrowOnError> {
        return (options.client ?? this.client).post<BeginDrainResponses, BeginDrainErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/drain',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * Read the limits of the service
     *
     * As its keys set them; those of a client's own stand in its record.
     */
    public readLimits<ThrowOnError extends boolean = false>(options?: Options<ReadLimitsData, ThrowOnError>): RequestResult<ReadLimitsResponses, ReadLimitsErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadLimitsResponses, ReadLimitsErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/limits',
            ...options
        });
    }
    
    /**
     * Read the depth and the ages of the queue
     *
     * Of all clients together, and of each.
     */
    public readQueue<ThrowOnError extends boolean = false>(options?: Options<ReadQueueData, ThrowOnError>): RequestResult<ReadQueueResponses, ReadQueueErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadQueueResponses, ReadQueueErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/queue',
            ...options
        });
    }
    
    /**
     * List the tasks of all clients
     *
     * Newest first, in pages. All filters have to hold.
     */
    public listAllTasks<ThrowOnError extends boolean = false>(options?: Options<ListAllTasksData, ThrowOnError>): RequestResult<ListAllTasksResponses, ListAllTasksErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ListAllTasksResponses, ListAllTasksErrors, ThrowOnError>({
            querySerializer: { parameters: { status: { array: { explode: false } }, code: { array: { explode: false } } } },
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/tasks',
            ...options
        });
    }
    
    /**
     * Read a task of any client
     *
     * As its client reads it, with the client and the instance that runs it.
     */
    public readAnyTask<ThrowOnError extends boolean = false>(options: Options<ReadAnyTaskData, ThrowOnError>): RequestResult<ReadAnyTaskResponses, ReadAnyTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ReadAnyTaskResponses, ReadAnyTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/tasks/{task_id}',
            ...options
        });
    }
    
    /**
     * Cancel a task of any client
     *
     * As its client would.
     */
    public cancelAnyTask<ThrowOnError extends boolean = false>(options: Options<CancelAnyTaskData, ThrowOnError>): RequestResult<CancelAnyTaskResponses, CancelAnyTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).post<CancelAnyTaskResponses, CancelAnyTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/tasks/{task_id}/cancel',
            ...options
        });
    }
    
    /**
     * Retry a task of any client
     *
     * As its client would, whatever number of its tasks is pending.
     */
    public retryAnyTask<ThrowOnError extends boolean = false>(options: Options<RetryAnyTaskData, ThrowOnError>): RequestResult<RetryAnyTaskResponses, RetryAnyTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).post<RetryAnyTaskResponses, RetryAnyTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/tasks/{task_id}/retry',
            ...options
        });
    }
    
    /**
     * List the instances that work
     *
     * All nodes of a fleet that run tasks, those that died within the last hour too; on a single machine the one that answers, and those that hold tasks of the same database.
     */
    public listWorkers<ThrowOnError extends boolean = false>(options?: Options<ListWorkersData, ThrowOnError>): RequestResult<ListWorkersResponses, ListWorkersErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ListWorkersResponses, ListWorkersErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/admin/workers',
            ...options
        });
    }
    
    /**
     * Tell where files may be put in and read out
     *
     * What the paths begin with that the client may write, and read.
     */
    public readMediaPlaces<ThrowOnError extends boolean = false>(options?: Options<ReadMediaPlacesData, ThrowOnError>): RequestResult<ReadMediaPlacesResponses, ReadMediaPlacesErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadMediaPlacesResponses, ReadMediaPlacesErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/media',
            ...options
        });
    }
    
    /**
     * Read a file
     *
     * All of it, or a part by `Range`.
     */
    public readMedia<ThrowOnError extends boolean = false>(options: Options<ReadMediaData, ThrowOnError>): RequestResult<ReadMediaResponses, ReadMediaErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ReadMediaResponses, ReadMediaErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/media/{path}',
            ...options
        });
    }
    
    /**
     * Tell how much of an upload is there
     *
     * The headers of the file, if there is one, and those of an upload of the client's own.
     */
    public headMedia<ThrowOnError extends boolean = false>(options: Options<HeadMediaData, ThrowOnError>): RequestResult<HeadMediaResponses, HeadMediaErrors, ThrowOnError> {
        return (options.client ?? this.client).head<HeadMediaResponses, HeadMediaErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/media/{path}',
            ...options
        });
    }
    
    /**
     * Put a file in, or a piece of it
     *
     * Without `Content-Range` the body is the whole file. With it, it is the piece that comes next: HEAD tells where the upload stands, and the first piece begins it anew. The file is in its place, in one step, once it is whole. An upload that is not whole after a day is removed. For the HMAC-SHA256 form of the checksum of a long body, give its SHA-256 as `Content-Digest`.
     */
    public uploadMedia<ThrowOnError extends boolean = false>(options: Options<UploadMediaData, ThrowOnError>): RequestResult<UploadMediaResponses, UploadMediaErrors, ThrowOnError> {
        return (options.client ?? this.client).put<UploadMediaResponses, UploadMediaErrors, ThrowOnError>({
            bodySerializer: null,
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/media/{path}',
            ...options,
            headers: {
                'Content-Type': 'application/octet-stream',
                ...options.headers
            }
        });
    }
    
    /**
     * Create a profile
     *
     * Registers a profile of the client's own. Each parameter group is one output rendition.
     */
    public createProfile<ThrowOnError extends boolean = false>(options: Options<CreateProfileData, ThrowOnError>): RequestResult<CreateProfileResponses, CreateProfileErrors, ThrowOnError> {
        return (options.client ?? this.client).post<CreateProfileResponses, CreateProfileErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/profile',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * Delete a profile
     *
     * Deletes one of the client's own. Tasks keep their copy of it, but unfinished ones forbid it.
     */
    public deleteProfile<ThrowOnError extends boolean = false>(options: Options<DeleteProfileData, ThrowOnError>): RequestResult<DeleteProfileResponses, DeleteProfileErrors, ThrowOnError> {
        return (options.client ?? this.client).delete<DeleteProfileResponses, DeleteProfileErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/profile/{profile_name}',
            ...options
        });
    }
    
    /**
     * Read a profile
     *
     * One of the client's own, or any that the grammar of system profiles covers.
     */
    public readProfile<ThrowOnError extends boolean = false>(options: Options<ReadProfileData, ThrowOnError>): RequestResult<ReadProfileResponses, ReadProfileErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ReadProfileResponses, ReadProfileErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/profile/{profile_name}',
            ...options
        });
    }
    
    /**
     * List profiles
     *
     * The client's own profiles, then the catalogue of common system profiles.
     */
    public listProfiles<ThrowOnError extends boolean = false>(options?: Options<ListProfilesData, ThrowOnError>): RequestResult<ListProfilesResponses, ListProfilesErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ListProfilesResponses, ListProfilesErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/profiles',
            ...options
        });
    }
    
    /**
     * List transcoding tasks
     *
     * The caller's own tasks, newest first, in pages.
     */
    public listTranscodingTasks<ThrowOnError extends boolean = false>(options?: Options<ListTranscodingTasksData, ThrowOnError>): RequestResult<ListTranscodingTasksResponses, ListTranscodingTasksErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ListTranscodingTasksResponses, ListTranscodingTasksErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding',
            ...options
        });
    }
    
    /**
     * Create a transcoding task
     *
     * Creates a task, which is durable when this answers. Each rendition of the profile goes to every target (one rendition) or to the target of its own place (as many renditions as targets).
     */
    public createTranscodingTask<ThrowOnError extends boolean = false>(options: Options<CreateTranscodingTaskData, ThrowOnError>): RequestResult<CreateTranscodingTaskResponses, CreateTranscodingTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).post<CreateTranscodingTaskResponses, CreateTranscodingTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * Follow all transcoding tasks
     *
     * The events of all of the caller's tasks, as they happen. Server-sent events. `id` is the place in the log: a client that comes back with it as `Last-Event-ID` misses nothing and gets nothing twice, also after a restart. Progress has no id; the newest is told again. A comment comes every 15 s. A stream ends after an hour at the latest; each call needs a signature of its own. Too many open streams are answered 429.
     */
    public readTranscodingEvents<ThrowOnError extends boolean = false>(options?: Options<ReadTranscodingEventsData, ThrowOnError, ReadTranscodingEventsResponse>): Promise<ServerSentEventsResult<ReadTranscodingEventsResponses>> {
        return (options?.client ?? this.client).sse.get<ReadTranscodingEventsResponses, ReadTranscodingEventsErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/events',
            ...options
        });
    }
    
    /**
     * Plan a transcoding task
     *
     * Takes what a create takes, and creates nothing: probes the source, and answers what becomes of each of its streams and why, the runs of ffmpeg, and estimates. A client makes one plan at a time. A source that would fail the task is no refusal of this call: `error` says it.
     */
    public planTranscodingTask<ThrowOnError extends boolean = false>(options: Options<PlanTranscodingTaskData, ThrowOnError>): RequestResult<PlanTranscodingTaskResponses, PlanTranscodingTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).post<PlanTranscodingTaskResponses, PlanTranscodingTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/plan',
            ...options,
            headers: {
                'Content-Type': 'application/json',
                ...options.headers
            }
        });
    }
    
    /**
     * Delete a transcoding task
     *
     * Deletes a task that has ended, with its events. What it delivered stays where it is. A task that is pending or running has to be cancelled first.
     */
    public deleteTranscodingTask<ThrowOnError extends boolean = false>(options: Options<DeleteTranscodingTaskData, ThrowOnError>): RequestResult<DeleteTranscodingTaskResponses, DeleteTranscodingTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).delete<DeleteTranscodingTaskResponses, DeleteTranscodingTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}',
            ...options
        });
    }
    
    /**
     * Read a transcoding task
     *
     * The task with its status, progress, attempts, and what each target holds.
     */
    public readTranscodingTask<ThrowOnError extends boolean = false>(options: Options<ReadTranscodingTaskData, ThrowOnError>): RequestResult<ReadTranscodingTaskResponses, ReadTranscodingTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ReadTranscodingTaskResponses, ReadTranscodingTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}',
            ...options
        });
    }
    
    /**
     * Cancel a transcoding task
     *
     * A pending task is cancelled at once; a running one is asked to stop and publishes nothing more.
     */
    public cancelTranscodingTask<ThrowOnError extends boolean = false>(options: Options<CancelTranscodingTaskData, ThrowOnError>): RequestResult<CancelTranscodingTaskResponses, CancelTranscodingTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).post<CancelTranscodingTaskResponses, CancelTranscodingTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/cancel',
            ...options
        });
    }
    
    /**
     * Follow a transcoding task
     *
     * The events of one task, from its creation on, and then as they happen until the task has ended. Server-sent events. `id` is the place in the log: a client that comes back with it as `Last-Event-ID` misses nothing and gets nothing twice, also after a restart. Progress has no id; the newest is told again. A comment comes every 15 s. A stream ends after an hour at the latest; each call needs a signature of its own. Too many open streams are answered 429.
     */
    public readTranscodingTaskEvents<ThrowOnError extends boolean = false>(options: Options<ReadTranscodingTaskEventsData, ThrowOnError, ReadTranscodingTaskEventsResponse>): Promise<ServerSentEventsResult<ReadTranscodingTaskEventsResponses>> {
        return (options.client ?? this.client).sse.get<ReadTranscodingTaskEventsResponses, ReadTranscodingTaskEventsErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/events',
            ...options
        });
    }
    
    /**
     * Read a key that the segments of a task are encrypted with
     *
     * For the server that gives players the keys (`encryption` in a profile), for as long as the task is kept: keys are derived, so any number has one. Of a profile with a key of its own this is not that key.
     */
    public readTranscodingTaskKey<ThrowOnError extends boolean = false>(options: Options<ReadTranscodingTaskKeyData, ThrowOnError>): RequestResult<ReadTranscodingTaskKeyResponses, ReadTranscodingTaskKeyErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ReadTranscodingTaskKeyResponses, ReadTranscodingTaskKeyErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/keys/{key}',
            ...options
        });
    }
    
    /**
     * Read the log of a transcoding task
     *
     * What each run of the task said: the last lines of its encoder, and what was decided. Of a run that is under way, what it has said so far.
     */
    public readTranscodingTaskLog<ThrowOnError extends boolean = false>(options: Options<ReadTranscodingTaskLogData, ThrowOnError>): RequestResult<ReadTranscodingTaskLogResponses, ReadTranscodingTaskLogErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ReadTranscodingTaskLogResponses, ReadTranscodingTaskLogErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/log',
            ...options
        });
    }
    
    /**
     * List the notifications of a transcoding task
     *
     * What became of each event that the task's receiver is told of, oldest first, in pages; progress is not listed. Nothing where the task has no receiver.
     */
    public listTranscodingTaskNotifications<ThrowOnError extends boolean = false>(options: Options<ListTranscodingTaskNotificationsData, ThrowOnError>): RequestResult<ListTranscodingTaskNotificationsResponses, ListTranscodingTaskNotificationsErrors, ThrowOnError> {
        return (options.client ?? this.client).get<ListTranscodingTaskNotificationsResponses, ListTranscodingTaskNotificationsErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/notifications',
            ...options
        });
    }
    
    /**
     * Replay a notification of a transcoding task
     *
     * Has the receiver told of an event again, at once and with its old id, and again for 24 h until it takes it. Of one that is still pending, it ends the pause.
     */
    public replayTranscodingTaskNotification<ThrowOnError extends boolean = false>(options: Options<ReplayTranscodingTaskNotificationData, ThrowOnError>): RequestResult<ReplayTranscodingTaskNotificationResponses, ReplayTranscodingTaskNotificationErrors, ThrowOnError> {
        return (options.client ?? this.client).post<ReplayTranscodingTaskNotificationResponses, ReplayTranscodingTaskNotificationErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/notifications/{notification_id}/replay',
            ...options
        });
    }
    
    /**
     * Retry a transcoding task
     *
     * Makes a failed or cancelled task pending again. Targets already delivered stay so.
     */
    public retryTranscodingTask<ThrowOnError extends boolean = false>(options: Options<RetryTranscodingTaskData, ThrowOnError>): RequestResult<RetryTranscodingTaskResponses, RetryTranscodingTaskErrors, ThrowOnError> {
        return (options.client ?? this.client).post<RetryTranscodingTaskResponses, RetryTranscodingTaskErrors, ThrowOnError>({
            security: [
                { name: 'apiCheckSum', type: 'apiKey' },
                { name: 'apiClientCode', type: 'apiKey' },
                { name: 'apiExecTime', type: 'apiKey' },
                { name: 'apiNonce', type: 'apiKey' },
                { name: 'apiPublicKey', type: 'apiKey' }
            ],
            url: '/api/v1/task/transcoding/{task_id}/retry',
            ...options
        });
    }
    
    /**
     * Whether the process answers
     *
     * Answers while the process does. Not signed.
     */
    public readHealth<ThrowOnError extends boolean = false>(options?: Options<ReadHealthData, ThrowOnError>): RequestResult<ReadHealthResponses, ReadHealthErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadHealthResponses, ReadHealthErrors, ThrowOnError>({ url: '/healthz', ...options });
    }
    
    /**
     * The numbers of the service for Prometheus
     *
     * Not signed: it has numbers, and no names of clients, files or hosts. `PONTUS_METRICS=no` turns it off.
     */
    public readMetrics<ThrowOnError extends boolean = false>(options?: Options<ReadMetricsData, ThrowOnError>): RequestResult<ReadMetricsResponses, ReadMetricsErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadMetricsResponses, ReadMetricsErrors, ThrowOnError>({ url: '/metrics', ...options });
    }
    
    /**
     * Whether the service can do its work
     *
     * How each part of the service stands. Not signed.
     */
    public readReadiness<ThrowOnError extends boolean = false>(options?: Options<ReadReadinessData, ThrowOnError>): RequestResult<ReadReadinessResponses, ReadReadinessErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadReadinessResponses, ReadReadinessErrors, ThrowOnError>({ url: '/readyz', ...options });
    }
}
