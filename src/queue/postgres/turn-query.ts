import { type SQL, sql } from "drizzle-orm";

/** How many clients with ready tasks are looked at, at each turn, for one that owes nothing. */
const LOOKED_AT = 32;

/** The row of `turns` that says how much is forgiven to all: no client has an empty code. */
export const ALL = "";

/** Of tasks that are ready. Conditions of partial indexes are literal text, as they are used for no parameter. */
export const isReady = sql`status = 'PENDING' and not_before_ms is null`;

const runningMax = sql`${sql.placeholder("runningMax")}::integer`;
const liveWaitingMax = sql`${sql.placeholder("liveWaitingMax")}::integer`;
const abilities = sql`${sql.placeholder("abilities")}::text[]`;
const after = sql`${sql.placeholder("after")}::text`;

/** Clients with ready tasks, in the order of their codes, and null behind the last: one step along the index for each, made when its row is asked for. */
const clientsFrom = (name: SQL, start: SQL, numberMax: number, begins = sql`true`) => sql`
  ${name} (client_code, number) as (
    select (select client_code from tasks where ${isReady} and client_code > ${start} order by client_code limit 1), 1
      where ${begins}
    union all
    select (select client_code from tasks where ${isReady} and client_code > ${name}.client_code order by client_code limit 1),
        number + 1
      from ${name} where client_code is not null and number < ${sql.raw(String(numberMax))})`;

/**
 * The most urgent ready tasks of a client that this worker may take: a few steps along the index for each kind of need that the client's tasks
 * have. The kinds are few.
 */
const headsOf = (client: SQL, numberMax: SQL): SQL => sql`(
  with recursive kinds (needs) as (
    select (select needs from tasks where ${isReady} and client_code = ${client} order by needs limit 1)
    union all
    select (select needs from tasks where ${isReady} and client_code = ${client} and needs > kinds.needs order by needs limit 1)
      from kinds where kinds.needs is not null)
  select kinds.needs, kind.is_live, first.priority, first.seq
  from kinds cross join (values (false), (true)) as kind (is_live) cross join lateral (
    select priority, seq from tasks
    where ${isReady} and client_code = ${client} and needs = kinds.needs and is_live = kind.is_live
    order by priority desc, seq limit ${numberMax}) as first
  where kinds.needs is not null and (${abilities} is null or string_to_array(kinds.needs, ' ') <@ ${abilities})
    and (not kind.is_live or (select may_be_live from limits))
  order by first.priority desc, first.seq limit ${numberMax})`;

/** What the record of a client says of it; nothing if it has none. */
const recordOf = (client: SQL): SQL => sql`lateral (
  select weight, running_max from clients where client_code = ${client} limit 1) as record on true`;

const running = (client: SQL): SQL =>
  sql`(select count(*) from tasks where status = 'RUNNING' and client_code = ${client})`;
const runningMaxOf = sql`coalesce(record.running_max, ${runningMax})`;

/** Whether a client may have another task run. */
const mayRun = (client: SQL): SQL =>
  sql`(${runningMaxOf} = 0 or ${runningMaxOf} > ${running(client)})`;

const isFree = (client: SQL): SQL =>
  sql`(select 1 from turns where turns.client_code = ${client} limit 1) is null`;

/** Clients of a list, with what they owe, and the task that each would be given. */
const turnsOf = (list: SQL, debt: SQL, condition: SQL, lookedUpTo: SQL): SQL => {
  const client = sql`${list}.client_code`;
  return sql`select ${client} as client_code, ${debt} as debt, coalesce(record.weight, 1) as weight,
      head.needs, head.is_live, ${lookedUpTo} as looked_up_to
    from ${list} left join ${recordOf(client)} cross join lateral ${headsOf(client, sql`1`)} as head
    where ${client} is not null and ${condition} and ${mayRun(client)}`;
};

/** How many more live tasks the worker may have wait for their sources; null is any number. */
const LIMITS = sql`limits as (select live_room, live_room is null or live_room > 0 as may_be_live
  from (select case when ${liveWaitingMax} > 0 then ${liveWaitingMax} - (select count(*) from tasks
    where status = 'RUNNING' and worker_id = ${sql.placeholder("workerId")}::text and is_live
    and coalesce((progress ->> 'outTimeSeconds')::float8, 0) = 0) end as live_room) as live)`;

const forgivenToAll = sql`(select debt from turns where client_code = ${sql.raw(`'${ALL}'`)})`;

/**
 * Whose turn it is, as a row for one `from`: first a client that owes nothing, of the next few with ready tasks (after the last comes the first); else
 * the one that owes least; else anyone. Rows are made only until one is found.
 */
export function turnQuery(): SQL {
  const few = sql.raw("few");
  const first = sql.raw("beginning");
  const everyone = sql.raw("everyone");
  const hasEnded = sql`exists (select 1 from few where client_code is null)`;
  const none = sql`0::bigint`;
  // Where all were looked at that are allowed for one turn, the next turn goes on behind them.
  const lastOf = (list: SQL) =>
    sql`(select case when count(client_code) = ${sql.raw(String(LOOKED_AT))} then max(client_code) else '' end from ${list})`;
  const looked = sql`case when not ${hasEnded} or ${after} = '' then ${lastOf(few)} else ${lastOf(first)} end`;
  const owing = sql.raw("turns");
  return sql`(with recursive
    ${LIMITS},
    ${clientsFrom(few, after, LOOKED_AT)},
    ${clientsFrom(first, sql`''`, LOOKED_AT, sql`${after} <> '' and ${hasEnded}`)},
    ${clientsFrom(everyone, sql`''`, 1_000_000_000)}
    select found.*, ${forgivenToAll} as forgiven from (
      (${turnsOf(few, none, isFree(sql`few.client_code`), sql`few.client_code`)})
      union all (${turnsOf(first, none, isFree(sql`beginning.client_code`), sql`beginning.client_code`)})
      union all (${turnsOf(owing, sql`turns.debt`, sql`turns.client_code <> ${sql.raw(`'${ALL}'`)}`, looked)}
        order by turns.debt, turns.client_code)
      union all (${turnsOf(everyone, none, sql`true`, looked)})
    ) as found limit 1) as turn`;
}

/**
 * All clients with ready tasks, where they are fewer than are looked at for one turn, as rows for one `from`: what they owe, and where their first
 * tasks are that this worker may take, `slots` of them at most. No rows where they are more.
 */
export function fewQuery(): SQL {
  const few = sql.raw("few");
  const client = sql`few.client_code`;
  const room = sql`case when ${runningMaxOf} > 0 then greatest(0, ${runningMaxOf} - ${running(client)}) end`;
  const slots = sql`${sql.placeholder("slots")}::integer`;
  return sql`(with recursive ${LIMITS}, ${clientsFrom(few, sql`''`, LOOKED_AT)}
    select ${client}, ${client} > ${after} as is_next, turns.debt, coalesce(record.weight, 1) as weight,
      ${room} as room, heads.needs, heads.are_live, limits.live_room, ${forgivenToAll} as forgiven
    from few cross join limits left join turns on turns.client_code = ${client}
      left join ${recordOf(client)} cross join lateral (
        select coalesce(array_agg(needs order by priority desc, seq), '{}') as needs,
          coalesce(array_agg(is_live order by priority desc, seq), '{}') as are_live
        from ${headsOf(client, slots)} as head) as heads
    where ${client} is not null and exists (select 1 from few as last where last.client_code is null)
    order by ${client}) as few`;
}
