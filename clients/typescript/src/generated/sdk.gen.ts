// Generated from openapi.yaml by `bun run client`.

import { client } from './client.gen.ts';
import type { Client, ClientMeta, Options as Options2, RequestResult, TDataShape } from './client/index.ts';
import type { AddClientData, AddClientErrors, AddClientResponses, BeginDrainData, BeginDrainErrors, BeginDrainResponses, CancelAnyTaskData, CancelAnyTaskErrors, CancelAnyTaskResponses, CancelTranscodingTaskData, CancelTranscodingTaskErrors, CancelTranscodingTaskResponses, ChangeClientData, ChangeClientErrors, ChangeClientResponses, CreateProfileData, CreateProfileErrors, CreateProfileResponses, CreateTranscodingTaskData, CreateTranscodingTaskErrors, CreateTranscodingTaskResponses, DeleteProfileData, DeleteProfileErrors, DeleteProfileResponses, DeleteTranscodingTaskData, DeleteTranscodingTaskErrors, DeleteTranscodingTaskResponses, EndDrainData, EndDrainErrors, EndDrainResponses, ListAllTasksData, ListAllTasksErrors, ListAllTasksResponses, ListClientsData, ListClientsErrors, ListClientsResponses, ListProfilesData, ListProfilesErrors, ListProfilesResponses, ListTranscodingTasksData, ListTranscodingTasksErrors, ListTranscodingTasksResponses, ListWorkersData, ListWorkersErrors, ListWorkersResponses, PlanTranscodingTaskData, PlanTranscodingTaskErrors, PlanTranscodingTaskResponses, ReadAnyTaskData, ReadAnyTaskErrors, ReadAnyTaskResponses, ReadDrainData, ReadDrainErrors, ReadDrainResponses, ReadHealthData, ReadHealthErrors, ReadHealthResponses, ReadLimitsData, ReadLimitsErrors, ReadLimitsResponses, ReadProfileData, ReadProfileErrors, ReadProfileResponses, ReadQueueData, ReadQueueErrors, ReadQueueResponses, ReadReadinessData, ReadReadinessErrors, ReadReadinessResponses, ReadTranscodingTaskData, ReadTranscodingTaskErrors, ReadTranscodingTaskLogData, ReadTranscodingTaskLogErrors, ReadTranscodingTaskLogResponses, ReadTranscodingTaskResponses, RetryAnyTaskData, RetryAnyTaskErrors, RetryAnyTaskResponses, RetryTranscodingTaskData, RetryTranscodingTaskErrors, RetryTranscodingTaskResponses, RotateKeysData, RotateKeysErrors, RotateKeysResponses } from './types.gen.ts';

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
     * End the drain of this service
     *
     * The instance that answers takes tasks up again.
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
     * Read how far the drain of this service is
     *
     * Of the instance that answers.
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
     * Drain this service
     *
     * The instance that answers takes no new tasks up, and finishes those that run, or hands them back after a while. It goes on answering calls, creates too. A restart ends the drain.
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
     * The one that answers, and those that hold tasks of the same database.
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
     * Whether the service can do its work
     *
     * How each part of the service stands. Not signed.
     */
    public readReadiness<ThrowOnError extends boolean = false>(options?: Options<ReadReadinessData, ThrowOnError>): RequestResult<ReadReadinessResponses, ReadReadinessErrors, ThrowOnError> {
        return (options?.client ?? this.client).get<ReadReadinessResponses, ReadReadinessErrors, ThrowOnError>({ url: '/readyz', ...options });
    }
}
